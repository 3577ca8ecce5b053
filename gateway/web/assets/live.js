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

	const source = new EventSource("/console/live");
	const known = {
		lanes: lanes => Object.entries(lanes).forEach(([name, n]) => set("lane-" + name, n)),
		reports: states => Object.entries(states).forEach(([name, n]) => set("reports-" + name, n)),
		lines, alarms, notices: () => {},
	};
	for (const [name, show] of Object.entries(known))
		source.addEventListener(name, event => {
			const detail = JSON.parse(event.data);
			show(detail);
			document.dispatchEvent(new CustomEvent("live-" + name, { detail }));
			document.documentElement.dataset.live = "on";
		});
})();
