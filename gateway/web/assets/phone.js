// Phones of /phone: what "meldlijn phone" does, in a browser, for up to four numbers.  One request waits for whatever changes
// and each phone then looks at what is new: a browser has six connections to an address.
"use strict";
(() => {
	const room = document.getElementById("phones");
	const words = room.dataset;
	const language = document.documentElement.lang;
	const RATE = 8000, PHONES_MAX = 4, KEPT_MAX = 200, WAIT_S = 25, AGAIN_MS = 2000;
	const WAV_HEAD = 44;
	const phones = [];
	let ahead_ms = 0;	// of this browser's clock
	let sound = null;	// one AudioContext for all, made when somebody calls or answers

	const fill = (pattern, ...values) => pattern.replace(/\{(\d)\}/g, (_, i) => values[i]);
	const later = ms => new Promise(done => setTimeout(done, ms));

	// ---- the line over HTTP

	async function ask(path, method, body) {
		const options = { method: method || "GET" };
		if (body instanceof ArrayBuffer || body instanceof Blob)
			options.body = body;
		else if (body)
			options.body = JSON.stringify(body);
		const answer = await fetch("/handset/" + path, options);
		if (answer.ok)
			return (answer.headers.get("Content-Type") || "").startsWith("audio/") ?
				answer.arrayBuffer() : answer.json();
		const why = await answer.json().catch(() => ({}));
		throw Object.assign(new Error(why.error || String(answer.status)), { status: answer.status });
	}

	// ---- the clock

	const clock = document.getElementById("clock");
	const said = document.getElementById("said");
	const shown = new Intl.DateTimeFormat(language, { weekday: "long", day: "numeric", month: "long",
		year: "numeric", hour: "2-digit", minute: "2-digit", timeZone: words.zone });
	const short = new Intl.DateTimeFormat(language, { weekday: "short", day: "numeric", month: "short",
		hour: "2-digit", minute: "2-digit", timeZone: words.zone });
	const wall = new Intl.DateTimeFormat("en-GB", { year: "numeric", month: "numeric", day: "numeric",
		hour: "numeric", minute: "numeric", second: "numeric", hourCycle: "h23", timeZone: words.zone });
	const now = () => new Date(Date.now() + ahead_ms);

	// What a clock on the wall of the city shows, as if that were UTC.
	function onTheWall(date, days, hour) {
		const part = {};
		for (const { type, value } of wall.formatToParts(date))
			part[type] = Number(value);
		if (days === undefined)
			return Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second);
		return Date.UTC(part.year, part.month - 1, part.day + days, hour);
	}

	// Summer time may begin or end between.
	function untilTomorrow(hour) {
		const from = now(), wanted = onTheWall(from, 1, hour);
		let ms = wanted - onTheWall(from);
		ms += wanted - onTheWall(new Date(from.getTime() + ms));
		return Math.max(0, Math.ceil(ms / 1000));
	}

	function showClock() {
		const text = shown.format(now());
		if (clock.textContent !== text)
			clock.textContent = text;
	}

	function setClock(answer) {
		ahead_ms = Date.parse(answer.now) - Date.now();
		showClock();
	}

	async function leap(button) {
		const { advance, morning } = button.dataset;
		const seconds = advance ? Number(advance) : untilTomorrow(Number(morning));
		setClock(await ask("clock", "POST", { advance: seconds }));
		said.textContent = fill(words.clock, clock.textContent);
	}

	// ---- sound

	function wake() {
		sound = sound || new AudioContext();
		return sound.resume();
	}

	// 16 bit, one channel, 8000 a second: what the line gives is never other.
	function samplesOf(wav) {
		const view = new DataView(wav), n = Math.max(0, (wav.byteLength - WAV_HEAD) >> 1);
		const out = new Float32Array(n);
		for (let i = 0; i < n; i++)
			out[i] = view.getInt16(WAV_HEAD + 2 * i, true) / 32768;
		return out;
	}

	function wavOf(samples) {
		const view = new DataView(new ArrayBuffer(WAV_HEAD + 2 * samples.length));
		const name = (at, text) => [...text].forEach((c, i) => view.setUint8(at + i, c.charCodeAt(0)));
		name(0, "RIFF");
		view.setUint32(4, 36 + 2 * samples.length, true);
		name(8, "WAVEfmt ");
		view.setUint32(16, 16, true);
		view.setUint16(20, 1, true);
		view.setUint16(22, 1, true);
		view.setUint32(24, RATE, true);
		view.setUint32(28, 2 * RATE, true);
		view.setUint16(32, 2, true);
		view.setUint16(34, 16, true);
		name(36, "data");
		view.setUint32(40, 2 * samples.length, true);
		samples.forEach((s, i) => view.setInt16(WAV_HEAD + 2 * i, Math.max(-1, Math.min(1, s)) * 32767, true));
		return view.buffer;
	}

	// Any sound this browser can read, as the line wants it.
	async function asLine(octets) {
		const read = await sound.decodeAudioData(octets);
		const offline = new OfflineAudioContext(1, Math.max(1, Math.ceil(read.duration * RATE)), RATE);
		const source = offline.createBufferSource();
		source.buffer = read;
		source.connect(offline.destination);
		source.start();
		const made = await offline.startRendering();
		return { wav: wavOf(made.getChannelData(0)), seconds: read.duration };
	}

	// Pieces come faster than they are heard: one is played behind the other.
	class Ear {
		constructor() {
			this.sources = new Set();
			this.end_s = 0;
			this.loudest = 0;	// of all that was put here
			this.samples = 0;
		}

		play(samples) {
			if (samples.length === 0)
				return;
			const buffer = sound.createBuffer(1, samples.length, RATE);
			const source = sound.createBufferSource();
			buffer.copyToChannel(samples, 0);
			source.buffer = buffer;
			source.connect(sound.destination);
			this.end_s = Math.max(this.end_s, sound.currentTime + 0.05);
			source.start(this.end_s);
			this.end_s += buffer.duration;
			this.sources.add(source);
			source.addEventListener("ended", () => this.sources.delete(source));
			this.samples += samples.length;
			for (const s of samples)
				this.loudest = Math.max(this.loudest, Math.abs(s));
		}

		hush() {
			this.sources.forEach(source => source.stop());
			this.sources.clear();
			this.end_s = 0;
		}
	}

	// The bell of an old phone; who opened the page without touching it hears none, browsers say.
	class Bell {
		ring() {
			if (this.timer || !sound || sound.state !== "running")
				return;
			const once = () => {
				const tone = sound.createOscillator(), gain = sound.createGain();
				tone.frequency.value = 440;
				gain.gain.value = 0.1;
				tone.connect(gain).connect(sound.destination);
				tone.start();
				tone.stop(sound.currentTime + 1);
			};
			once();
			this.timer = setInterval(once, 3000);
		}

		stop() {
			clearInterval(this.timer);
			this.timer = null;
		}
	}

	// ---- a phone

	class Phone {
		constructor(number) {
			this.number = number;
			this.path = encodeURIComponent(number) + "/";
			this.after = 0;
			this.call = null;	// {id, state, heard}: placing, up or rings
			this.ear = new Ear();
			this.bell = new Bell();
			this.element = document.getElementById("phone").content.firstElementChild.cloneNode(true);
			this.build();
		}

		one(css) {
			return this.element.querySelector(css);
		}

		on(css, event, what) {
			this.one(css).addEventListener(event, e => {
				e.preventDefault();
				Promise.resolve(what(e)).catch(error => this.wrong(error));
			});
		}

		build() {
			const id = "phone-" + this.number.replace(/\D/g, "");
			this.element.id = id;
			this.one("h2").textContent = this.number;
			this.one("h2").id = id + "-name";
			this.element.setAttribute("aria-labelledby", id + "-name");
			for (const tab of this.element.querySelectorAll(".tab")) {
				const panel = this.one("." + tab.dataset.tab);
				tab.id = id + "-tab-" + tab.dataset.tab;
				panel.id = id + "-" + tab.dataset.tab;
				panel.setAttribute("aria-labelledby", tab.id);
				tab.setAttribute("aria-controls", panel.id);
				tab.addEventListener("click", () => this.show(tab.dataset.tab));
			}
			this.on(".compose", "submit", () => this.text());
			this.on(".number", "submit", () => this.dial());
			this.on(".call", "click", () => this.dial());
			this.on(".session", "submit", () => this.answer());
			this.on(".close", "click", () => this.closePage());
			this.on(".hang-up", "click", () => this.hangUp());
			this.on(".pick-up", "click", () => this.pickUp());
			this.on(".refuse", "click", () => this.hangUp());
			this.on(".speak", "click", () => this.speak());
			this.on(".recording", "change", e => this.playFile(e.target));
			this.on(".remove", "click", () => remove(this));
			this.one(".keys").addEventListener("click", e => {
				const key = e.target.closest("[data-key]");
				if (key)
					this.press(key.dataset.key);
			});
			this.element.addEventListener("keydown", e => this.typed(e));
			this.show("texts");
			this.look();
			for (const text of this.kept())
				this.bubble(text);
		}

		say(text) {
			this.one(".status").textContent = text;
			this.one(".status").classList.remove("wrong");
		}

		wrong(error) {
			this.say(error.status ? error.message : error.name === "TypeError" ? words.lost : error.message);
			this.one(".status").classList.add("wrong");
		}

		show(name) {
			for (const tab of this.element.querySelectorAll(".tab")) {
				const here = tab.dataset.tab === name;
				tab.setAttribute("aria-selected", String(here));
				tab.tabIndex = here ? 0 : -1;
				this.one("." + tab.dataset.tab).hidden = !here;
			}
			if (name === "texts")
				this.down();
		}

		// What may be done now.
		look() {
			const state = this.call && this.call.state;
			this.element.dataset.state = state || "idle";
			this.one(".ringing").hidden = state !== "rings";
			this.one(".hang-up").hidden = state !== "up" && state !== "placing";
			this.one(".call").hidden = Boolean(state);
			this.one(".number").hidden = Boolean(state);
			this.one(".speech").hidden = state !== "up";
			if (state === "rings")
				this.bell.ring();
			else
				this.bell.stop();
		}

		// ---- texts

		kept() {
			try {
				return JSON.parse(sessionStorage.getItem("phone " + this.number)) || [];
			} catch {
				return [];
			}
		}

		keep(text) {
			const all = this.kept().concat(text).slice(-KEPT_MAX);
			try {
				sessionStorage.setItem("phone " + this.number, JSON.stringify(all));
			} catch {
				// it is shown all the same
			}
		}

		bubble({ text, at, parts, mine, id }) {
			const talk = this.one(".talk");
			const box = document.createElement("div"), body = document.createElement("p");
			const when = document.createElement("p"), from = document.createElement("span");
			box.className = mine ? "bubble mine" : "bubble";
			box.dataset.at = Date.parse(at);
			if (id)
				box.dataset.id = id;
			from.className = "spoken";
			from.textContent = (mine ? words.me : words.line) + ": ";
			body.dir = "auto";
			body.append(from, text);
			when.className = "when";
			when.textContent = this.when({ at, parts });
			box.append(body, when);
			const next = [...talk.children].find(b => Number(b.dataset.at) > Date.parse(at));
			talk.insertBefore(box, next || null);
			this.down();
			return box;
		}

		when({ at, parts }) {
			const time = short.format(new Date(at));
			return !parts ? time : parts === 1 ? fill(words.part, time) : fill(words.parts, time, parts);
		}

		down() {
			const talk = this.one(".talk");
			talk.scrollTop = talk.scrollHeight;
		}

		async text() {
			const input = this.one(".compose input"), text = input.value.trim();
			if (!text)
				return;
			// "*140#" typed as a text is dialled, as on any phone
			if (/^[*#][0-9*]*#$/.test(text)) {
				input.value = "";
				this.show("dial");
				await this.session({ code: text });
				return;
			}
			// whole seconds, as what comes back has them: the question stays above its answer
			const at = new Date(Math.floor(now().getTime() / 1000) * 1000).toISOString();
			const sent = { text, at, mine: true };
			const box = this.bubble(sent);
			input.value = "";
			try {
				sent.parts = (await ask(this.path + "sms", "POST", { text })).parts;
			} catch (error) {
				box.remove();
				input.value = text;
				throw error;
			}
			box.lastElementChild.textContent = this.when(sent);
			this.say("");
			this.keep(sent);
		}

		async fetchTexts() {
			for (;;) {
				const { messages } = await ask(this.path + "messages?after=" + this.after);
				for (const message of messages) {
					this.after = Math.max(this.after, message.id);
					if (!this.one(`.bubble[data-id="${message.id}"]`))
						this.bubble(message);
				}
				if (messages.length === 0)
					return;
			}
		}

		// ---- USSD

		async session(what) {
			this.say(what.code ? fill(words.dials, what.code) : "");
			try {
				const { text, last } = await ask(this.path + "ussd", "POST", what);
				this.say(last ? words.closed : "");
				this.one(".page").textContent = text;
				this.one(".pad").hidden = true;
				this.one(".session").hidden = false;
				this.one(".answer").classList.toggle("last", last);
				this.one(".session input").value = "";
				(last ? this.one(".close") : this.one(".session input")).focus();
			} catch (error) {
				this.closePage();
				throw error;
			}
		}

		answer() {
			const reply = this.one(".session input").value.trim();
			return reply ? this.session({ reply }) : null;
		}

		closePage() {
			this.one(".session").hidden = true;
			this.one(".pad").hidden = false;
			this.one(".page").textContent = "";
			this.say("");
			this.one(".number input").focus();
		}

		// ---- calls

		dial() {
			const input = this.one(".number input"), number = input.value.replace(/\s/g, "");
			if (/[*#]/.test(number)) {
				input.value = "";
				return this.session({ code: number });
			}
			return this.place();
		}

		begin(id, state) {
			this.call = { id, state, heard: 0 };
			this.ear = new Ear();
			this.look();
		}

		async place() {
			this.begin(0, "placing");
			this.say(fill(words.calls, words.line));
			this.one(".hang-up").focus();
			await wake();
			try {
				const { call } = await ask(this.path + "call", "POST", {});
				if (!this.call) { // hung up while it rang
					await ask(this.path + "call/" + call, "DELETE");
					return;
				}
				this.call.id = call;
				this.call.state = "up";
			} catch (error) {
				this.call = null;
				this.look();
				throw error;
			}
			this.answered();
			await this.fetchCall();
		}

		answered() {
			this.say(fill(words.up, words.line));
			this.look();
			this.one("[data-key='1']").focus();
		}

		async pickUp() {
			await wake();
			if (!this.call || this.call.state !== "rings")
				return;
			await ask(this.path + "call", "POST", {});
			this.call.state = "up";
			this.show("dial");
			this.one(".session").hidden = true;
			this.one(".pad").hidden = false;
			this.answered();
			await this.fetchCall();
		}

		ended(text) {
			const held = this.element.contains(document.activeElement);
			this.call = null;
			this.stopSpeaking();
			this.look();
			this.say(text);
			if (held && document.activeElement.closest("[hidden]"))
				this.one(".number input").focus();
		}

		async hangUp() {
			const id = this.call && this.call.id;
			this.ear.hush();
			this.ended(words.over);
			this.one(".number input").focus();
			if (id)
				await ask(this.path + "call/" + id, "DELETE").catch(error => {
					if (error.status !== 410)
						throw error;
				});
		}

		// Does the line call?
		async fetchRinging() {
			const { calls } = await ask(this.path + "call");
			const call = calls[0];
			if (this.call || !call)
				return;
			if (call.to === "phone" && call.state === "rings") {
				this.begin(call.call, "rings");
				this.say(fill(words.rings, words.line, this.number));
			} else if (call.state === "up") { // the page was loaded again in the middle
				this.begin(call.call, "up");
				this.call.heard = call.heard;
				await wake();
				this.show("dial");
				this.answered();
			}
		}

		async fetchSound(call) {
			const wav = await ask(`${this.path}call/${call.id}/audio?after=${call.heard.toFixed(6)}`);
			const samples = samplesOf(wav);
			if (this.call !== call)
				return;
			call.heard += samples.length / RATE;
			this.ear.play(samples);
			this.element.dataset.heard = this.ear.samples;
			this.element.dataset.loudest = this.ear.loudest.toFixed(3);
		}

		async fetchCall() {
			const call = this.call;
			if (!call)
				return this.fetchRinging();
			if (!call.id || this.looks)
				return null;
			this.looks = true;
			try {
				if (call.state === "up")
					await this.fetchSound(call);
				const now = await ask(this.path + "call/" + call.id);
				if (this.call !== call)
					return null;
				if (now.state === "over") {
					if (call.state === "up" && now.heard > call.heard)
						await this.fetchSound(call);
					this.ended(call.state === "rings" ? fill(words.missed, words.line) : words.over);
				} else {
					this.recording(now.records);
				}
			} catch (error) {
				if (error.status !== 410 && error.status !== 404)
					throw error;
				if (this.call === call)
					this.ended(call.state === "rings" ? fill(words.missed, words.line) : words.over);
			} finally {
				this.looks = false;
			}
			return null;
		}

		recording(records) {
			if (!this.call || this.call.records === records)
				return;
			this.call.records = records;
			this.element.dataset.records = records;
			if (records)
				this.say(words.records);
		}

		// A key stops what is said, as it does for who listens at the line.
		press(key) {
			if (!this.call) {
				this.one(".number input").value += key;
				return;
			}
			if (this.call.state !== "up")
				return;
			this.ear.hush();
			this.say(fill(words.pressed, key));
			this.keys = (this.keys || Promise.resolve())
				.then(() => this.call && ask(`${this.path}call/${this.call.id}/keys`, "POST", { keys: key }))
				.then(() => this.fetchCall())
				.catch(error => error.status === 410 ? this.fetchCall() : this.wrong(error));
		}

		typed(event) {
			const typing = event.target.matches("input:not([type=file])");
			const tab = event.target.closest("[role=tab]");
			if (event.ctrlKey || event.altKey || event.metaKey)
				return;
			if (tab && (event.key === "ArrowLeft" || event.key === "ArrowRight")) {
				event.preventDefault();
				const other = [...this.element.querySelectorAll(".tab")].find(t => t !== tab);
				this.show(other.dataset.tab);
				other.focus();
			} else if (!typing && this.call && this.call.state === "up" && /^[0-9*#]$/.test(event.key)) {
				event.preventDefault();
				this.press(event.key);
			}
		}

		// ---- speaking

		async speak() {
			if (this.recorder) {
				this.recorder.stop();
				return;
			}
			this.ear.hush();
			let microphone;
			try {
				microphone = await navigator.mediaDevices.getUserMedia({ audio: true });
			} catch {
				this.say(words.mute);
				this.one(".recording").focus();
				return;
			}
			const pieces = [], recorder = new MediaRecorder(microphone);
			this.recorder = recorder;
			recorder.addEventListener("dataavailable", e => pieces.push(e.data));
			recorder.addEventListener("stop", () => {
				microphone.getTracks().forEach(track => track.stop());
				this.recorder = null;
				this.one(".speak").textContent = words.speak;
				if (this.call)
					new Blob(pieces).arrayBuffer().then(octets => this.sendSound(octets))
						.catch(error => this.wrong(error));
			});
			recorder.start();
			this.one(".speak").textContent = words.spoken;
			this.say(words.listens);
		}

		stopSpeaking() {
			if (this.recorder)
				this.recorder.stop();
		}

		// What this browser cannot read the line may.
		async sendSound(octets) {
			const made = await asLine(octets.slice(0)).catch(() => ({ wav: octets, seconds: 0 }));
			const { recorded } = await ask(`${this.path}call/${this.call.id}/audio`, "POST", made.wav);
			this.say(fill(recorded ? words.recorded : words.said, made.seconds.toFixed(1)));
			await this.fetchCall();
		}

		async playFile(input) {
			const file = input.files[0];
			input.value = "";
			if (file && this.call)
				await this.sendSound(await file.arrayBuffer());
		}

		fetch() {
			return Promise.all([this.fetchTexts(), this.fetchCall()]);
		}
	}

	// ---- several of them; which ones stands in the address

	const form = document.getElementById("add"), field = document.getElementById("number");
	const refusal = document.getElementById("add-wrong");

	function remember() {
		const numbers = phones.map(phone => encodeURIComponent(phone.number)).join(",");
		history.replaceState(null, "", "?phone=" + numbers);
		form.hidden = phones.length >= PHONES_MAX;
		for (const phone of phones)
			phone.one(".remove").hidden = phones.length === 1;
		room.dataset.n = phones.length;
	}

	function put(number) {
		const phone = new Phone(number);
		phones.push(phone);
		room.append(phone.element);
		remember();
		return phone;
	}

	function remove(phone) {
		if (phone.call)
			phone.hangUp().catch(() => {});
		phones.splice(phones.indexOf(phone), 1);
		phone.element.remove();
		remember();
		field.focus();
	}

	async function add() {
		const number = field.value.replace(/[\s()-]/g, "");
		refusal.textContent = phones.length >= PHONES_MAX ? words.most :
			phones.some(phone => phone.number === number) ? words.twice : "";
		if (refusal.textContent)
			return;
		await ask(encodeURIComponent(number) + "/messages"); // refuses what is no number
		const phone = put(number);
		field.value = "";
		await phone.fetch();
		phone.one(".compose input").focus();
	}

	function start() {
		const wanted = new URLSearchParams(location.search).get("phone") || "0612345678";
		for (const number of new Set(wanted.split(",").map(n => n.trim()).filter(n => /^\+?\d{3,15}$/.test(n))))
			if (phones.length < PHONES_MAX)
				put(number);
		if (phones.length === 0)
			put("0612345678");
	}

	// Nothing is lost between two requests: the number says if anything came.
	async function follow() {
		let changes = -1;
		for (;;) {
			try {
				if (changes < 0)
					setClock(await ask("clock"));
				const wait = changes < 0 ? "" : `?after=${changes}&wait=${WAIT_S}`;
				const answer = await ask("changes" + wait);
				changes = answer.changes;
				setClock(await ask("clock"));
				await Promise.all(phones.map(phone => phone.fetch().catch(error => phone.wrong(error))));
				document.documentElement.dataset.live = "on";
			} catch (error) {
				changes = -1;
				phones.forEach(phone => phone.wrong(error));
				await later(AGAIN_MS);
			}
		}
	}

	// Two who are put through to each other hear each other with no prompt that ends.
	async function listen() {
		for (;;) {
			await later(1000);
			showClock();
			for (const phone of phones)
				if (phone.call && phone.call.state === "up")
					await phone.fetchCall().catch(error => phone.wrong(error));
		}
	}

	form.addEventListener("submit", event => {
		event.preventDefault();
		add().catch(error => refusal.textContent = error.message);
	});
	for (const button of document.querySelectorAll(".leap"))
		button.addEventListener("click", () => leap(button).catch(error => said.textContent = error.message));
	document.addEventListener("pointerdown", () => sound || wake(), { once: true });
	document.addEventListener("keydown", () => sound || wake(), { once: true });
	start();
	follow();
	listen();
})();
