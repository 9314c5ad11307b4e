// Plays the referral story against this gateway. Everything shown comes from answers; nothing is loaded from elsewhere.
"use strict";

const PATIENCE = 10_000; // milliseconds that a letter may take to arrive before the step is called wrong
const tokens = new Map();
let story = null;
let kept = {};

// A UUID of version 7 (RFC 9562, section 5.7): the caller makes the ids of new things.
function uuid7() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  let time = Date.now();
  for (let at = 5; at >= 0; at--) { bytes[at] = time % 256; time = Math.floor(time / 256); }
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
}

function begin() {
  const now = new Date();
  const nextYear = new Date(now.getTime() + 365 * 24 * 3600 * 1000);
  kept = { today: now.toISOString().slice(0, 10), nextYear: nextYear.toISOString() };
  for (const name of story.ids) kept[name] = uuid7();
}

function filled(value) {
  if (typeof value === "string") return value.replace(/\{(\w+)\}/g, (whole, name) => kept[name] ?? whole);
  if (Array.isArray(value)) return value.map(filled);
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, filled(one)]));
  }
  return value;
}

function found(answer, path) {
  return path.split(".").reduce((value, key) => value?.[key], answer.data);
}

// What came instead of an answer (a problem, RFC 9457) is an error too.
async function ask(step) {
  const headers = { "content-type": "application/json", authorization: `Bearer ${tokens.get(step.as)}` };
  const body = JSON.stringify({ query: step.query, variables: filled(step.variables) });
  const response = await fetch("/graphql", { method: "POST", headers, body });
  const text = await response.text();
  let answer;
  try { answer = JSON.parse(text); } catch { return { errors: [{ message: text }] }; }
  return response.ok ? answer : { errors: [{ message: answer.detail, extensions: { code: answer.code } }] };
}

const isQuery = (step) => step.query.trim().startsWith("query");

function seen(step, answer) {
  return !answer.errors && Object.entries(step.sees ?? {}).every(([path, told]) => found(answer, path) === filled(told));
}

function asTold(step, answer) {
  const codes = (answer.errors ?? []).map((error) => error.extensions?.code);
  if (step.refused) return codes.length === 1 && codes[0] === step.refused;
  return seen(step, answer) && !(step.hides ?? []).some((text) => JSON.stringify(answer.data).includes(text));
}

async function play(step, item) {
  const button = item.querySelector(".run");
  if (button.getAttribute("aria-disabled") === "true") return false;
  button.setAttribute("aria-disabled", "true");
  button.textContent = "Asking…";
  const until = Date.now() + PATIENCE;
  let answer;
  try {
    answer = await ask(step);
    while (isQuery(step) && !seen(step, answer) && Date.now() < until) {
      await new Promise((done) => setTimeout(done, 250));
      answer = await ask(step);
    }
  } catch (error) {
    answer = { errors: [{ message: "Kring does not answer. Is 'make run' still running?" }] };
  }
  const good = asTold(step, answer);
  if (good) for (const [name, path] of Object.entries(step.keeps ?? {})) kept[name] = found(answer, path);
  show(item, step, answer, good);
  button.removeAttribute("aria-disabled");
  button.textContent = "Run this step again";
  return good;
}

function show(item, step, answer, good) {
  const box = item.querySelector(".answer");
  box.className = `answer ${good ? "good" : "bad"}`;
  const verdict = document.createElement("p");
  verdict.className = "verdict";
  verdict.textContent = good ? (step.refused ? "✓ Refused, as it should be" : "✓ Done") : "✗ Not as told. Did you run the steps above first?";
  const sentences = (answer.errors ?? []).map((error) => {
    const line = document.createElement("p");
    line.textContent = error.message;
    return line;
  });
  const raw = box.querySelector(".raw");
  raw.textContent = JSON.stringify(answer.data ?? answer.errors, null, 2);
  raw.hidden = false;
  box.querySelector(".told").replaceChildren(verdict, ...sentences);
  item.querySelector(".variables").textContent = JSON.stringify(filled(step.variables), null, 2);
}

function drawn(step, number, names) {
  const item = document.getElementById("step").content.firstElementChild.cloneNode(true);
  item.dataset.as = step.as;
  item.querySelector(".who").textContent = names.get(step.as) ?? step.as;
  item.querySelector("h2").textContent = step.title;
  item.querySelector(".says").textContent = step.says;
  item.querySelector(".query").textContent = step.query.trim();
  item.querySelector(".variables").textContent = JSON.stringify(filled(step.variables), null, 2);
  const button = item.querySelector(".run");
  item.querySelector("h2").id = `title-${number}`;
  button.setAttribute("aria-describedby", `title-${number}`);
  button.addEventListener("click", () => play(step, item));
  return item;
}

function draw(names) {
  begin();
  document.getElementById("steps").replaceChildren(...story.step.map((step, number) => drawn(step, number, names)));
}

// One story at a time: a second press does nothing until this one has ended, a first one until the story is there.
const buttons = [document.getElementById("all"), document.getElementById("again")];

async function alone(work) {
  if (buttons.some((button) => button.getAttribute("aria-disabled") === "true")) return;
  for (const button of buttons) button.setAttribute("aria-disabled", "true");
  try { await work(); } finally { for (const button of buttons) button.removeAttribute("aria-disabled"); }
}

async function playAll() {
  const news = document.getElementById("news");
  const items = document.getElementById("steps").children;
  for (const [number, step] of story.step.entries()) {
    news.textContent = `Step ${number + 1} of ${story.step.length}: ${step.title}`;
    items[number].scrollIntoView({ block: "nearest" });
    const good = await play(step, items[number]);
    items[number].scrollIntoView({ block: "nearest" });
    if (!good) {
      news.textContent = `Stopped at step ${number + 1}: ${step.title}. Read there what went wrong.`;
      return;
    }
  }
  news.textContent = "The loop is closed: every step went as told.";
}

async function start() {
  const news = document.getElementById("news");
  const [told, made] = await Promise.all([fetch("/portal/story.json"), fetch("/demo/tokens")].map(async (one) => (await one).json()));
  story = told;
  const names = new Map(made.map((one) => [one.organisation, one.name]));
  for (const one of made) tokens.set(one.organisation, one.tokens.coordinator);
  if (made.length === 0) news.textContent = "This network is not a demo, so the page has no tokens to run the steps with.";
  draw(names);
  const [all, again] = buttons;
  all.addEventListener("click", () => alone(playAll));
  again.addEventListener("click", () => alone(() => { draw(names); news.textContent = "Ready, with new people."; }));
  for (const button of buttons) button.removeAttribute("aria-disabled");
}

start().catch(() => { document.getElementById("news").textContent = "Kring does not answer. Is 'make run' still running?"; });
