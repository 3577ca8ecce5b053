// What changes while somebody looks.  Elements keep their place: only their text is set.  Others listen to the document's
// events live-lanes, live-reports, live-lines, live-alarms and live-notices; detail is what web_live.h says.
"use strict";
(() => {
	const number = new Intl.NumberFormat(document.documentElement.lang);
	const said = document.getElementById("live");

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
			item.append(what, ": " + alarm.detail);
			list.append(item);
		}
		box.replaceChildren(list);
		say(all.filter(a => !shown.includes(a.what)).map(a => a.what + ": " + a.detail).join(". "));
	}

	const known = {
		lanes: lanes => Object.entries(lanes).forEach(([name, n]) => set("lane-" + name, n)),
		reports: states => Object.entries(states).forEach(([name, n]) => set("reports-" + name, n)),
		lines, alarms, notices: () => {}, alive: () => {},
	};

	// ---- the connection

	const RETRY_MS = 3000, SILENT_MS = 50000; // something comes every 20 s
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

	function isBack() {
		document.documentElement.dataset.live = "on";
		heard = new Date();
		clearTimeout(silence);
		silence = setTimeout(anew, SILENT_MS);
		if (lost.hidden)
			return;
		lost.hidden = true;
		lost.textContent = "";
		say(lost.dataset.back);
	}

	function ended() {
		const link = document.createElement("a");
		show(lost.dataset.ended);
		document.documentElement.dataset.live = "ended";
		link.href = "/console/sign-in?next=" + encodeURIComponent(location.pathname + location.search);
		link.textContent = lost.dataset.signIn;
		lost.append(" ", link);
	}

	// A browser asks again by itself unless the answer was an error: then nobody knows why, and it is asked here.
	async function ask() {
		const stop = new AbortController();
		try {
			const { status } = await fetch("/console/live", { signal: stop.signal });
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
		source.close();
		isLost();
		ask();
	}

	function listen() {
		clearTimeout(again);
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
			clearTimeout(silence);
			isLost();
			if (source.readyState === EventSource.CLOSED)
				ask();
		});
	}

	addEventListener("offline", isLost);
	addEventListener("online", anew);
	listen();
})();
