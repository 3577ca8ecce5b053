// How far notices are, as live.js tells it: in the list each row, on the page of one its figures.  What depends on its state
// (words, buttons, the estimate) is taken from the page anew when that changes.
"use strict";
(() => {
	const number = new Intl.NumberFormat(document.documentElement.lang);
	const parts = ["delivered", "sent", "failed", "queued"]; // in the bar, from the left
	const WIDTH = 1000, SAID_EVERY = 25; // per cent
	let asking = false, again = false, said = -1;

	function put(element, text) {
		if (element && element.textContent !== text)
			element.textContent = text;
	}

	function bar(place, n) {
		const box = place.querySelector(".bar");
		const people = n.recipients - n.skipped, out = n.sent + n.delivered + n.failed;
		let x = 0;
		for (const part of parts) {
			const rect = box.querySelector("rect." + part);
			const width = people > 0 ? WIDTH * n[part] / people : 0;
			rect.setAttribute("x", x);
			rect.setAttribute("width", width);
			x += width;
		}
		box.setAttribute("aria-valuemax", Math.max(people, 1));
		box.setAttribute("aria-valuenow", out);
		put(place.querySelector(".far"), `${number.format(out)} ${box.dataset.of} ${number.format(people)}`);
	}

	function figures(place, n) {
		const due = n.recipients - n.queued - n.sent - n.delivered - n.failed - n.skipped;
		for (const element of place.querySelectorAll("[data-count]"))
			put(element, number.format(element.dataset.count === "due" ? due : n[element.dataset.count]));
	}

	function label(place, words, state) {
		const element = place.querySelector(".state");
		element.className = "state " + state;
		put(element, words[state]);
	}

	// Not each text is told: a quarter, and the end.
	function tell(one, n) {
		const people = n.recipients - n.skipped, out = n.sent + n.delivered + n.failed;
		const quarter = people > 0 ? Math.floor(out * 100 / people / SAID_EVERY) : 0;
		if (said >= 0 && quarter > said)
			put(document.getElementById("live"), one.querySelector(".far").textContent);
		said = quarter;
	}

	async function anew(one) {
		if (asking) {
			again = true;
			return;
		}
		asking = true;
		try {
			const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
			const page = new DOMParser().parseFromString(await answer.text(), "text/html");
			const fresh = page.getElementById("notice");
			if (answer.ok && fresh) {
				const held = document.activeElement && document.activeElement.closest("#do");
				for (const id of ["now", "do", "takes"])
					document.getElementById(id).replaceChildren(...page.getElementById(id).childNodes);
				one.dataset.state = fresh.dataset.state;
				put(document.getElementById("live"), one.dataset[fresh.dataset.state]);
				if (held) // the button that had the focus is gone
					(document.querySelector("#do button") || document.getElementById("main")).focus();
			}
		} finally {
			asking = false;
			if (again) {
				again = false;
				anew(one);
			}
		}
	}

	document.addEventListener("live-notices", event => {
		const one = document.getElementById("notice"), list = document.getElementById("notices");
		for (const n of event.detail) {
			if (one && one.dataset.notice === String(n.id)) {
				bar(one, n);
				figures(one, n);
				tell(one, n);
				if (one.dataset.state !== n.state)
					anew(one);
			}
			const row = list && list.querySelector(`tr[data-notice="${n.id}"]`);
			if (row) {
				bar(row, n);
				label(row, list.dataset, n.state);
			}
		}
		// an older one than are told of
		if (one && !event.detail.some(n => one.dataset.notice === String(n.id)))
			anew(one);
	});
})();
