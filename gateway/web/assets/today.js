// What the first page counts from reports.  When live.js hears that it is other by now it is asked for and put in place
// element by element, so that a table stays open, and scrolled, and whatever had the focus has it.  Nothing is said to who
// hears the page: it changes all day, and is there to be read again.
"use strict";
(() => {
	const SPREAD_MS = 2000, AGAIN_MS = 10000; // a thousand who look do not all ask in one moment
	let told = null, timer = 0, asking = false;

	function isNew() {
		const { day, event } = document.getElementById("figures").dataset;
		return told && (told.day > Number(day) || told.event > Number(event));
	}

	function become(old, fresh) {
		if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) {
			old.replaceWith(fresh);
			return;
		}
		if (old.nodeType === Node.TEXT_NODE && old.data !== fresh.data)
			old.data = fresh.data;
		for (const { name, value } of fresh.attributes || [])
			if (old.getAttribute(name) !== value)
				old.setAttribute(name, value);
		const from = [...old.childNodes], to = [...fresh.childNodes];
		for (let i = 0; i < Math.max(from.length, to.length); i++) {
			if (!from[i])
				old.append(to[i]);
			else if (!to[i])
				from[i].remove();
			else
				become(from[i], to[i]);
		}
	}

	function later(ms) {
		clearTimeout(timer);
		timer = setTimeout(() => ask().catch(() => later(AGAIN_MS)), ms);
	}

	// Nobody sees a page that lies under another: it asks when it is looked at again.
	async function ask() {
		if (asking) {
			later(SPREAD_MS);
			return;
		}
		if (document.hidden || !isNew())
			return;
		asking = true;
		try {
			const answer = await fetch("/console/figures");
			if (answer.status === 401) // live.js says so
				return;
			if (!answer.ok)
				throw new Error(String(answer.status));
			const page = new DOMParser().parseFromString(await answer.text(), "text/html");
			for (const fresh of [...page.body.children])
				become(document.getElementById(fresh.id), fresh);
		} finally {
			asking = false;
		}
	}

	document.addEventListener("live-figures", event => {
		told = event.detail;
		if (isNew())
			later(Math.random() * SPREAD_MS);
	});
	document.addEventListener("visibilitychange", () => ask().catch(() => later(AGAIN_MS)));
})();
