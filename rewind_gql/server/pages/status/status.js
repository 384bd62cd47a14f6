// Keeps the page up to date: bars move with each event, the rest is drawn again by the server.
"use strict";

const now = document.getElementById("now");
const line = document.getElementById("line");
const said = document.getElementById("said");
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const STEPS = [["second", 60], ["minute", 60], ["hour", 24], ["day", 365], ["year", Infinity]];

function ago(at) {
  let amount = (new Date(at) - Date.now()) / 1000;
  for (const [unit, size] of STEPS) {
    if (Math.abs(amount) < size) return relative.format(Math.trunc(amount), unit);
    amount /= size;
  }
}

const clock = new Intl.DateTimeFormat([], { dateStyle: "medium", timeStyle: "short" });

function tellTimes() {
  for (const time of document.querySelectorAll("time")) {
    const exact = "clock" in time.dataset;
    time.textContent = exact ? clock.format(new Date(time.dateTime)) : ago(time.dateTime);
    time.title = new Date(time.dateTime).toLocaleString();
  }
}

function say(words, wrong) {
  const told = document.createElement("p");
  told.className = wrong ? "said wrong" : "said";
  told.textContent = words;
  said.replaceChildren(told);
}

// What a control does, and to what: two of the same words may act on different things.
function key(control) {
  return control.form?.dataset.key ?? control.closest("details")?.id ?? control.id;
}

// Focus and open details stay where they are when the server's drawing replaces the old one.
function draw(html) {
  const held = now.contains(document.activeElement) ? key(document.activeElement) : null;
  const open = new Set([...now.querySelectorAll("details[open]")].map((each) => each.id));
  const scrolled = document.getElementById("events")?.scrollTop ?? 0;
  now.innerHTML = html;
  for (const each of now.querySelectorAll("details")) each.open = open.has(each.id);
  if (document.getElementById("events")) document.getElementById("events").scrollTop = scrolled;
  if (held !== null) {
    const same = [...now.querySelectorAll("button, summary, [tabindex]")]
      .find((each) => key(each) === held);
    (same ?? now).focus({ preventScroll: true });
  }
  tellTimes();
}

let drawing = false;
let again = false;
async function redraw() {
  if (drawing) { again = true; return; }
  drawing = true;
  try {
    const answer = await fetch("/status/now");
    if (answer.status === 401) { location.reload(); return; }
    if (answer.ok) draw(await answer.text());
  } catch { /* the line says that the server is away; it is drawn again when it is back */ }
  drawing = false;
  if (again) { again = false; later(); }
}

let timer = 0;
function later() {
  clearTimeout(timer);
  timer = setTimeout(redraw, 150);
}

function move(event) {
  const live = now.querySelector(`[data-source="${event.source}"] .live`);
  const bar = live?.querySelector("progress");
  if (!bar || live.dataset.run !== event.run) return false;
  if (event.fraction === null) bar.removeAttribute("value");
  else bar.value = event.fraction;
  live.querySelector(".how").textContent = event.how;
  return true;
}

// The browser gave up: a proxy answered in the server's place, or the key was taken back.
async function comeBack() {
  try {
    const answer = await fetch("/status/now");
    if (answer.ok || answer.status === 401) { location.reload(); return; }
  } catch { /* still away */ }
  setTimeout(comeBack, 3000);
}

const source = new EventSource("/status/events?last_event_id=" + now.dataset.seq);
source.onopen = () => {
  line.dataset.line = "open";
  document.getElementById("line-words").textContent = "Live";
  later();
};
source.onerror = () => {
  line.dataset.line = "cut";
  document.getElementById("line-words").textContent = "Connection lost, trying again";
  if (source.readyState === EventSource.CLOSED) comeBack();
};
source.addEventListener("sync", (message) => {
  const event = JSON.parse(message.data);
  now.dataset.seq = message.lastEventId;
  if (event.ended) say(event.words, event.bad);
  if (!move(event) || event.ended) later();
});
source.addEventListener("changed", later);

document.addEventListener("submit", async (submitted) => {
  const form = submitted.target;
  if (!now.contains(form)) return;
  submitted.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      headers: { Accept: "application/json" },
      body: new URLSearchParams(new FormData(form)),
    });
    const told = await answer.json();
    say(told.said, !answer.ok);
  } catch {
    say("The server could not be reached; nothing was done.", true);
  }
  button.disabled = false;
  later();
});

document.getElementById("zone").textContent =
  "your own (" + Intl.DateTimeFormat().resolvedOptions().timeZone + ")";
tellTimes();
setInterval(tellTimes, 10000);
