// What changes while somebody looks.  Elements keep their place: only their text is set.  Others listen to the document's
// events live-lanes, live-reports, live-figures, live-lines, live-alarms and live-notices; detail is what web_live.h says.
"use strict";
(() => {
	const number = new Intl.NumberFormat(document.documentElement.lang);
	const said = document.getElementById("live");
	const parts = new Intl.DateTimeFormat(document.documentElement.lang, { weekday: "short", day: "numeric", month: "short",
		hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: said.dataset.zone });

	function set(id, value) {
		const element = document.getElementById(id);
		const text = number.format(value);
		if (element && element.textContent !== text)
			element.textContent = text;
	}

	function say(text) {
		if (said && text)
			said.textContent = text;
	}

	// As the page writes it: "di 24 nov 14:05".
	function moment(at_s) {
		const element = document.createElement("time"), date = new Date(at_s * 1000), part = {};
		for (const { type, value } of parts.formatToParts(date))
			part[type] = value;
		element.dateTime = date.toISOString();
		element.textContent = `${part.weekday} ${part.day} ${part.month} ${part.hour}:${part.minute}`;
		return element;
	}

	function lanes({ oldest, ...all }) {
		const box = document.getElementById("oldest");
		for (const [name, n] of Object.entries(all))
			set("lane-" + name, n);
		if (box)
			box.textContent = oldest === null ? box.dataset.none : box.dataset.waits.replace("%", number.format(oldest));
	}

	function lines(all) {
		const table = document.getElementById("lines");
		if (!table)
			return;
		for (const line of all)
			for (const row of table.querySelectorAll("tr[data-line]")) {
				const label = row.querySelector(".state");
				if (row.dataset.line !== line.name || label.classList.contains(line.state))
					continue;
				label.className = "state " + line.state;
				row.lastElementChild.replaceChildren(...line.since ? [moment(line.since)] : []);
				label.textContent = table.dataset[line.state] || line.state;
				say(line.name + ": " + label.textContent);
			}
	}

	function alarms(all) {
		const box = document.getElementById("alarms");
		if (!box)
			return;
		const shown = [...box.querySelectorAll("li")].map(li => li.dataset.what);
		const now = all.map(a => a.what);
		if (shown.length === now.length && shown.every((what, i) => what === now[i]))
			return;
		if (all.length === 0) {
			const none = document.createElement("p");
			none.textContent = box.dataset.none;
			box.replaceChildren(none);
			say(box.dataset.none);
			return;
		}
		const list = document.createElement("ul");
		for (const alarm of all) {
			const item = document.createElement("li");
			const what = document.createElement("strong");
			item.dataset.what = alarm.what;
			what.textContent = alarm.what;
			const since = document.createElement("span");
			since.className = "quiet";
			since.append(moment(alarm.since));
			const words = document.createElement("span");
			words.lang = "en"; // as the log has them
			words.append(what, ": " + alarm.detail);
			item.append(words, " ", since);
			list.append(item);
		}
		box.replaceChildren(list);
		say(all.filter(a => !shown.includes(a.what)).map(a => a.what + ": " + a.detail).join(". "));
	}

	const known = {
		reports: states => Object.entries(states).forEach(([name, n]) => set("reports-" + name, n)),
		lanes, lines, alarms, figures: () => {}, notices: () => {}, alive: () => {},
	};

	// ---- the connection

	const RETRY_MS = 3000, ANSWER_MS = 10000, SILENT_MS = 50000; // something comes every 20 s
	const lost = document.getElementById("lost");
	const clock = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
	let source, silence = 0, again = 0, heard = new Date();

	function show(text) {
		if (lost.textContent !== text)
			say(text);
		lost.textContent = text;
		lost.hidden = false;
	}

	function isLost() {
		document.documentElement.dataset.live = "off";
		show(lost.dataset.lost.replace("%", clock.format(heard)));
	}

	// A line that is cut off without a word is no error to a browser: only the silence tells.
	function watch() {
		clearTimeout(silence);
		silence = setTimeout(anew, SILENT_MS);
	}

	function isBack() {
		document.documentElement.dataset.live = "on";
		heard = new Date();
		watch();
		if (lost.hidden)
			return;
		lost.hidden = true;
		lost.textContent = "";
		say(lost.dataset.back);
	}

	function ended() {
		const link = document.createElement("a");
		clearTimeout(silence);
		source.close();
		show(lost.dataset.ended);
		document.documentElement.dataset.live = "ended";
		link.href = "/console/sign-in?next=" + encodeURIComponent(location.pathname + location.search);
		link.textContent = lost.dataset.signIn;
		lost.append(" ", link);
	}

	// A browser asks again by itself unless the answer was an error: then nobody knows why, and it is asked here.
	async function ask() {
		const stop = new AbortController(), limit = setTimeout(() => stop.abort(), ANSWER_MS);
		try {
			const { status } = await fetch("/console/live", { signal: stop.signal });
			clearTimeout(limit);
			stop.abort();
			if (status === 204)
				ended();
			else if (status === 200)
				listen();
			else
				later();
		} catch {
			later();
		}
	}

	function later() {
		clearTimeout(again);
		again = setTimeout(ask, RETRY_MS);
	}

	function anew() {
		clearTimeout(silence);
		source.close();
		isLost();
		ask();
	}

	function listen() {
		clearTimeout(again);
		watch();
		if (source)
			source.close();
		source = new EventSource("/console/live");
		for (const [name, put] of Object.entries(known))
			source.addEventListener(name, event => {
				const detail = JSON.parse(event.data);
				isBack();
				put(detail);
				document.dispatchEvent(new CustomEvent("live-" + name, { detail }));
			});
		source.addEventListener("error", () => {
			watch();
			isLost();
			if (source.readyState === EventSource.CLOSED)
				ask();
		});
	}

	addEventListener("offline", isLost);
	addEventListener("online", anew);
	listen();
})();
