// A notice on the phones while it is written: the line itself counts, so that what is shown is what leaves.
"use strict";
(() => {
	const form = document.querySelector("form.notice-form");
	const PAUSE_MS = 300;
	let timer = 0, asked = 0;

	function put(id, text) {
		const element = document.getElementById(id);
		if (element && element.textContent !== text)
			element.textContent = text;
	}

	async function ask() {
		const mine = ++asked, body = new URLSearchParams();
		for (const name of ["csrf", "once"])
			body.set(name, form.elements[name].value);
		for (const area of form.querySelectorAll("textarea[data-language]"))
			body.set(area.name, area.value);
		const answer = await fetch("/console/notices/preview", { method: "POST", body });
		if (!answer.ok || mine !== asked)
			return;
		for (const [language, words] of Object.entries(await answer.json())) {
			put("shown-" + language, words.shown);
			put("said-" + language, words.said);
		}
	}

	form.addEventListener("input", event => {
		if (!event.target.dataset.language)
			return;
		clearTimeout(timer);
		timer = setTimeout(ask, PAUSE_MS);
	});
})();
