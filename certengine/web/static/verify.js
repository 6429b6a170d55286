/* Checks the signed token of the address's fragment in the visitor's browser. What stands behind "#" is not sent anywhere.
 *
 * Invariants:
 *  1. Where this answer and the server's differ, the worse one is shown; nothing found here turns a "no" into a "yes".
 *  2. Texts of a token reach the page as text nodes only; all words come from the page.
 *  3. Whatever fails here leaves the server's answer standing.
 */

import { DAY, LADDER, check, worst } from "./token.js";

const WAIT = 4000; // milliseconds for the keys

const page = document.documentElement;

function dayText(day) {
  const form = { year: "numeric", month: "long", day: "numeric", timeZone: "UTC" };
  return new Intl.DateTimeFormat(page.lang === "zh" ? "zh-CN" : "en-GB", form).format(new Date(day * DAY * 1000));
}

function isoDay(day) {
  return new Date(day * DAY * 1000).toISOString().slice(0, 10);
}

/* Whether the facts the server answered with, if any, say what the token says. */
function sameAsPage(claims) {
  const facts = document.querySelector("dl.facts.signed");
  if (!facts) return true;
  const line = (key, lang) => facts.querySelector(`.${key} [lang="${lang}"]`)?.textContent ?? null;
  const day = (key) => facts.querySelector(`.${key} time`)?.dateTime ?? null;
  const value = (key) => facts.querySelector(`.${key} dd`)?.textContent ?? null;
  const normal = (text) => text?.normalize("NFC") ?? null;
  return (
    ["holder", "title"].every((key) => ["zh", "en"].every((lang) => normal(line(key, lang)) === claims[key][lang])) &&
    ["zh", "en"].every((lang) => claims.level[lang] === null || normal(line("level", lang)) === claims.level[lang]) &&
    ["number", "scheme"].every((key) => normal(value(key)) === claims[key]) &&
    day("issued_on") === isoDay(claims.issued_on) &&
    day("valid_until") === (claims.valid_until === null ? null : isoDay(claims.valid_until))
  );
}

async function keys() {
  const answer = await fetch("/.well-known/jwks.json", { signal: AbortSignal.timeout(WAIT), credentials: "omit" });
  if (!answer.ok) throw new Error("no keys");
  return (await answer.json()).keys;
}

function icon(name) {
  return document.getElementById("icons").content.querySelector(`[data-icon="${name}"]`).cloneNode(true);
}

function element(name, text, properties = {}) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(text);
  return made;
}

function checkLine(words, [id, outcome, detail, day]) {
  const item = element("li", icon({ passed: "tick", failed: "cross", not_done: "dash" }[outcome]), { className: outcome });
  const told = document.createElement("div");
  told.append(
    element("b", words.names[id]), " ",
    element("span", words.outcomes[outcome], { className: "word" }),
    element("p", words.details[detail].replace("{0}", day === null ? "" : dayText(day))),
  );
  item.append(told);
  return item;
}

/* The heading, advice, icon and colour of an answer that is worse than the server's, or says more. */
function announce(article, answer) {
  const heading = article.querySelector("h1");
  document.title = document.title.replace(heading.textContent, answer.heading);
  heading.textContent = answer.heading;
  article.querySelector(".advice").textContent = answer.advice;
  article.querySelector(".state > .icon").replaceWith(icon(answer.icon));
  article.className = `verdict ${answer.tone}`;
}

function showClaims(article, claims) {
  const made = document.getElementById("signed-facts").content.cloneNode(true);
  for (const [key, value] of Object.entries(claims)) {
    const place = made.querySelector(`.${key}`);
    if (!place) continue;
    const dd = place.querySelector("dd");
    if (typeof value === "number") dd.append(element("time", dayText(value), { dateTime: isoDay(value) }));
    else if (typeof value === "string") dd.append(element("span", value));
    else if (value === null) dd.append(element("span", place.dataset.none));
    else {
      const first = key === "holder" ? "zh" : page.lang; // the name as it is printed, then its spelling
      const lines = [first, first === "zh" ? "en" : "zh"].filter((lang) => value[lang] !== null);
      lines.forEach((lang, n) => dd.append(element("span", value[lang], { lang, className: n ? "second" : "" })));
    }
  }
  document.getElementById("local").before(made);
}

function show(article, local, words, found) {
  const server = article.dataset.state;
  const answers = words.answers;
  let sentence;
  if (["unreadable", "tampered", "unknown"].includes(found.state)) {
    const worse = worst([found.state, LADDER.includes(server) ? server : "valid"]) === found.state && found.state !== server;
    if (worse) {
      announce(article, answers[found.specimen && found.state === "unknown" ? "specimen" : found.state]);
      article.dataset.state = found.state;
      article.querySelectorAll(".facts, :scope > details, h2.quiet").forEach((one) => one.remove());
    }
    sentence = found.state === "unknown" ? (found.specimen ? "specimen" : "unknown") : "bad";
  } else if (found.missing) sentence = found.missing === "keys" ? "no_keys" : "no_crypto";
  else if (server === "unchecked" && found.revokedLater) sentence = "revoked_later";
  else if (server === "unchecked") {
    announce(article, answers.signed);
    if (!article.querySelector("dl.facts.signed")) showClaims(article, found.claims);
    sentence = "alone";
  } else if (server === "unknown" || server === "tampered" || server === "unreadable") sentence = "contradicted";
  else sentence = "good";
  article.dataset.local = found.missing ?? found.state;
  const told = local.querySelector("#local-result");
  told.textContent = words.sentences[sentence];
  const passed = found.checks.filter(([, outcome]) => outcome === "passed").length;
  local.querySelector("summary").textContent = words.checks.replace("{0}", passed).replace("{1}", found.checks.length);
  local.querySelector("details").open = sentence !== "good";
  local.querySelector("ul").append(...found.checks.map((one) => checkLine(words, one)));
  local.hidden = false;
}

async function checkAddress() {
  const local = document.getElementById("local");
  const fragment = location.hash.slice(1);
  if (!local || !fragment || fragment === "content") return;
  const article = local.closest("article");
  page.classList.add("checking"); // the answer is shown once, when both are known: no wrong "valid" flashes by
  for (const link of document.querySelectorAll("nav a")) link.hash = fragment;
  try {
    const words = JSON.parse(local.dataset.words);
    const given = {
      keys,
      specimens: JSON.parse(local.dataset.specimens),
      code: decodeURIComponent(location.pathname.split("/").pop()),
      at: Date.parse(local.dataset.at) / 1000,
      same: sameAsPage,
      compared: Boolean(article.querySelector("dl.facts.signed")),
    };
    show(article, local, words, await check(fragment, given));
  } finally {
    page.classList.remove("checking");
  }
}

/* The skip link would put its own name in the place of the token. */
function keepFragment() {
  document.querySelector(".skip")?.addEventListener("click", (event) => {
    event.preventDefault();
    document.getElementById("content").focus();
  });
}

/* An address from a QR code that was pasted is opened, so that what follows "#" stays here. */
function keepPastedToken() {
  const text = document.getElementById("text");
  text?.form.addEventListener("submit", (event) => {
    const address = /^https:\/\/([^/?#@\s]+)\/c\/([^/?#\s]+)#(\S+)$/i.exec(text.value.trim());
    if (!address || address[1].toLowerCase() !== text.dataset.domain) return;
    event.preventDefault();
    location.assign(`/c/${encodeURIComponent(address[2])}?lang=${page.lang}#${address[3]}`);
  });
}

/* A file may be dropped anywhere on the page. */
function takeDroppedFiles() {
  const input = document.getElementById("file");
  if (!input) return;
  const files = (event) => event.dataTransfer?.types.includes("Files");
  const mark = (on) => input.form.classList.toggle("dropping", on);
  document.addEventListener("dragover", (event) => {
    if (!files(event)) return;
    event.preventDefault();
    mark(true);
  });
  document.addEventListener("dragleave", (event) => event.relatedTarget || mark(false));
  document.addEventListener("drop", (event) => {
    if (!files(event)) return;
    event.preventDefault();
    mark(false);
    input.files = event.dataTransfer.files;
    input.form.requestSubmit();
  });
}

keepFragment();
keepPastedToken();
takeDroppedFiles();
await checkAddress();
