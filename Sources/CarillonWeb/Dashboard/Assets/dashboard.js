// What pages do beyond being read: live updates, keys, suggestions, times that tick. Every page works
// without it.
(() => {
  "use strict";
  const root = document.documentElement;
  const base = new URL(`${root.dataset.base || "."}/`, location.href);
  const $ = (selector, from = document) => from.querySelector(selector);
  const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];

  const say = (text) => {
    const toast = $("#toast");
    if (!toast) return;
    toast.textContent = text;
    clearTimeout(say.timer);
    say.timer = setTimeout(() => { toast.textContent = ""; }, 4000);
  };

  // ---- Times ----
  // The store's clock decides; the difference from this one is taken from the page.
  const length = (seconds) => {
    const pair = (big, unit, small, little) => `${big}${unit}${small ? `${small}${little}` : ""}`;
    const s = Math.round(seconds);
    if (s < 60) return `${s}s`;
    if (s < 3600) return pair(Math.floor(s / 60), "m", s % 60, "s");
    if (s < 86400) return pair(Math.floor(s / 3600), "h", Math.floor(s / 60) % 60, "m");
    return pair(Math.floor(s / 86400), "d", Math.floor(s / 3600) % 24, "h");
  };
  const relative = (distance) => {
    if (Math.abs(distance) < 1) return "now";
    return distance < 0 ? `${length(-distance)} ago` : `in ${length(distance)}`;
  };
  // Pages say times in UTC; whoever points at one also reads it as the reader's own clock has it.
  const clock = new Intl.DateTimeFormat([], { dateStyle: "medium", timeStyle: "long", hourCycle: "h23" });
  const local = (time) => {
    const date = new Date(time.dateTime);
    // A row may hold a time that no calendar has.
    if (Number.isNaN(date.getTime())) return "";
    return date.getTimezoneOffset() === 0 ? "" : ` · ${clock.format(date)}`;
  };
  let skew = 0;
  const tick = (from = document) => {
    const now = Date.now() / 1000 + skew;
    for (const time of $$("time[datetime]", from)) {
      const text = relative(Date.parse(time.dateTime) / 1000 - now);
      const isExact = "exact" in time.dataset;
      const title = (isExact ? text : time.dateTime) + local(time);
      if (time.title !== title) time.title = title;
      if (!isExact && time.textContent !== text) time.textContent = text;
    }
  };

  // ---- Theme ----
  const theme = $("#theme");
  if (theme) {
    theme.addEventListener("submit", (event) => {
      const chosen = event.submitter?.value;
      if (!chosen) return;
      event.preventDefault();
      document.cookie =
        `carillon_theme=${chosen}; path=${base.pathname.replace(/\/$/, "") || "/"}; max-age=31536000; samesite=strict`;
      if (chosen === "system") delete root.dataset.theme; else root.dataset.theme = chosen;
      for (const button of $$("button", theme)) {
        if (button === event.submitter) button.setAttribute("aria-pressed", "true");
        else button.removeAttribute("aria-pressed");
      }
    });
  }

  // ---- Live updates ----
  // An event says that something happened; the page is fetched anew, and what stands in `data-live`
  // is put in its place. Rows are never added or moved: new ones are counted, and shown when asked.
  const live = $("#live");
  const state = { paused: sessionStorage.getItem("carillon-live") === "paused", took: 0, busy: false, due: null };
  let source = null;

  const show = (word) => {
    if (!live) return;
    live.dataset.state = word;
    live.setAttribute("aria-pressed", String(word !== "paused"));
    $("#live-word").textContent = { live: "Live", paused: "Paused", reconnecting: "Reconnecting…", lost: "No contact", out: "Signed out" }[word];
  };

  // What stands on a page that can't be fetched any more is old, and looks so.
  const contact = $("#contact");
  const tell = (text, link) => {
    if (!contact || contact.dataset.text === text) return;
    contact.dataset.text = text;
    contact.hidden = text === "";
    contact.textContent = text;
    if (link) {
      const anchor = document.createElement("a");
      anchor.href = link;
      anchor.textContent = "Sign in";
      contact.append(" ", anchor);
    }
    document.body.classList.toggle("stale", text !== "");
  };
  let seenAt = new Date();
  const heard = () => {
    seenAt = new Date();
    tell("");
    if (live?.dataset.state === "lost") show(source?.readyState === EventSource.OPEN ? "live" : "reconnecting");
  };
  const lost = () => {
    if (state.out) return;
    if (!state.paused) show("lost");
    tell(`No contact since ${seenAt.toLocaleTimeString([], { hour12: false })}. What stands here is of then.`);
  };
  const signedOut = () => {
    state.out = true;
    source?.close();
    show("out");
    tell("You are signed out, so this page stands still.", new URL("sign-in", base));
  };

  const isInUse = (element) => {
    if (element.contains(document.activeElement) && document.activeElement !== document.body) return true;
    if ($("details.confirm[open]", element)) return true;
    const selection = getSelection();
    return Boolean(selection && !selection.isCollapsed && selection.containsNode(element, true));
  };

  const patch = (old, fresh) => {
    if (old.innerHTML === fresh.innerHTML && old.className === fresh.className) return;
    if (isInUse(old)) return;
    for (const details of $$("details[id]", old)) {
      const other = fresh.querySelector(`#${CSS.escape(details.id)}`);
      if (other) other.open = details.open;
    }
    old.className = fresh.className;
    old.replaceChildren(...[...fresh.childNodes].map((node) => document.importNode(node, true)));
  };

  const refresh = async () => {
    if (state.out) return;
    if (state.busy || document.hidden || state.paused) { state.due = state.due || 1; return; }
    state.busy = true;
    const start = performance.now();
    try {
      // A server that hangs takes what it is asked and says nothing.
      const response = await fetch(location.href, {
        headers: { Accept: "text/html" }, redirect: "manual", signal: AbortSignal.timeout(10_000) });
      if (response.type === "opaqueredirect" || response.status === 401) { signedOut(); return; }
      if (!response.ok) return;
      heard();
      const date = Date.parse(response.headers.get("Date") || "");
      if (date) skew = date / 1000 - Date.now() / 1000 > 2 || date / 1000 - Date.now() / 1000 < -2 ? date / 1000 - Date.now() / 1000 : 0;
      const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
      // As they stand on this page: what differs in nothing else then stays in place.
      tick(fresh);
      for (const part of $$("[data-live]", fresh)) {
        const old = document.querySelector(`[data-live="${CSS.escape(part.dataset.live)}"]`);
        if (old) patch(old, part);
      }
      announce(fresh);
      mark();
    } catch { lost(); /* The next event, or the next look, tries again. */ } finally {
      state.took = performance.now() - start;
      state.busy = false;
    }
  };

  const announce = (fresh) => {
    const list = $("[data-list]");
    const news = $("#news");
    if (!news || new URL(location.href).searchParams.has("cursor")) return;
    const known = new Set($$("[data-key]", list || document.createElement("i")).map((row) => row.dataset.key));
    const count = $$("[data-list] [data-key]", fresh).filter((row) => !known.has(row.dataset.key)).length;
    news.hidden = count === 0;
    $("#news-button").textContent = `${count} new — show`;
  };
  $("#news-button")?.addEventListener("click", () => location.reload());

  // At most one look every two seconds, and seldomer where a page takes long.
  const happened = () => {
    if (state.due) return;
    state.due = setTimeout(() => { state.due = null; refresh(); }, Math.max(state.first ? 1500 : 200, state.took * 5));
    state.first = true;
  };

  const listen = () => {
    source?.close();
    source = null;
    if (state.out) return;
    if (state.paused) { show("paused"); return; }
    show("reconnecting");
    source = new EventSource(new URL("api/v1/events", base));
    source.onopen = () => { show("live"); happened(); };
    source.onerror = () => {
      if (state.out) return;
      show("reconnecting");
      refresh();
      if (source?.readyState === EventSource.CLOSED) setTimeout(listen, 5000);
    };
    for (const name of ["job", "jobs", "deleted", "stats", "reset"]) source.addEventListener(name, happened);
  };

  if (live) {
    live.hidden = false;
    const toggle = () => {
      state.paused = !state.paused;
      sessionStorage.setItem("carillon-live", state.paused ? "paused" : "live");
      say(state.paused ? "Live updates are paused." : "Live updates go on.");
      listen();
    };
    live.addEventListener("click", toggle);
    live.toggle = toggle;
    listen();
    // Looks also when no event comes, as behind a proxy that holds them back.
    setInterval(() => { if (!state.paused) refresh(); }, 10_000);
    document.addEventListener("visibilitychange", () => { if (!document.hidden && !state.paused) refresh(); });
    addEventListener("pagehide", () => source?.close());
    addEventListener("pageshow", (event) => { if (event.persisted) listen(); });
  }
  tick();
  setInterval(() => tick(), 1000);

  // ---- Rows: selecting, and going through them with keys ----
  const all = $("#all");
  const boxes = () => $$('input[name="uuid"][type="checkbox"]');
  const mark = () => {
    const count = boxes().filter((box) => box.checked).length;
    const words = $("#selected");
    if (words) words.textContent = count === 0 ? "Select jobs, then" : `${count} selected`;
    $("#actions-bar")?.classList.toggle("idle", count === 0);
    for (const button of $$("#actions-bar button")) button.disabled = count === 0;
    if (all) {
      all.checked = count > 0 && count === boxes().length;
      all.indeterminate = count > 0 && count < boxes().length;
    }
  };
  if (all) {
    all.hidden = false;
    all.addEventListener("change", () => { for (const box of boxes()) box.checked = all.checked; mark(); });
  }
  document.addEventListener("change", (event) => { if (event.target.name === "uuid") mark(); });
  mark();

  let here = -1;
  const rows = () => $$("table.rows tbody tr");
  const go = (step) => {
    const list = rows();
    if (list.length === 0) return;
    list[here]?.classList.remove("here");
    here = Math.min(Math.max(here + step, 0), list.length - 1);
    list[here].classList.add("here");
    list[here].scrollIntoView({ block: "nearest" });
    $("[data-open]", list[here])?.focus({ preventScroll: true });
  };

  // ---- Forms that open: one at a time, and Escape closes it ----
  document.addEventListener("toggle", (event) => {
    if (!event.target.matches?.("details.confirm") || !event.target.open) return;
    for (const other of $$("details.confirm[open]")) if (other !== event.target) other.open = false;
  }, true);
  const closeForm = () => {
    const open = $("details.confirm[open]");
    if (!open) return false;
    open.open = false;
    $("summary", open)?.focus();
    return true;
  };

  // ---- Keys ----
  const help = $("#help");
  const helpButton = $("#help-button");
  if (helpButton && help) {
    helpButton.hidden = false;
    helpButton.addEventListener("click", () => help.showModal());
  }
  let afterG = false;
  document.addEventListener("keydown", (event) => {
    const field = event.target.closest("input:not([type=checkbox]), textarea, select");
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Escape" && !help?.open && !$(".suggestions") && closeForm()) return;
    if (field) { if (event.key === "Escape" && !$(".suggestions")) field.blur(); return; }
    if (help?.open) return;
    if (afterG) {
      afterG = false;
      const target = $(`[data-go="${CSS.escape(event.key)}"]`);
      if (target) { event.preventDefault(); location.href = target.href; }
      return;
    }
    const actions = {
      g: () => { afterG = true; setTimeout(() => { afterG = false; }, 1200); },
      "/": () => $("#filter")?.focus(),
      j: () => go(1), k: () => go(-1),
      x: () => { const box = rows()[here] && $('input[name="uuid"]', rows()[here]); if (box) { box.checked = !box.checked; mark(); } },
      p: () => live?.toggle?.(),
      "?": () => help?.showModal(),
    };
    if (event.key === "Enter" && here >= 0 && event.target === document.body) {
      $("[data-open]", rows()[here])?.click();
    } else if (Object.hasOwn(actions, event.key)) {
      event.preventDefault();
      actions[event.key]();
    }
  });

  // ---- Suggestions of the filter ----
  const input = $("#filter");
  if (input?.dataset.suggest) {
    let fields = {};
    try { fields = JSON.parse(input.dataset.suggest); } catch { /* Then there are none. */ }
    const list = document.createElement("ul");
    list.className = "suggestions";
    // Browsers let Tab go to what scrolls; this is gone when the field is left.
    list.tabIndex = -1;
    list.id = "suggestions";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "Suggestions");
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-controls", "suggestions");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-autocomplete", "list");
    let chosen = -1;
    const close = () => { list.remove(); input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); chosen = -1; };
    const quoted = (value) => /[\s,"]/.test(value) ? `"${value.replace(/["\\]/g, "\\$&")}"` : value;
    const word = () => {
      const before = input.value.slice(0, input.selectionStart);
      const start = Math.max(before.lastIndexOf(" "), before.lastIndexOf("\t")) + 1;
      return { start, text: before.slice(start) };
    };
    const found = () => {
      const { text } = word();
      const sign = text.startsWith("-") ? "-" : "";
      const [name, rest] = text.slice(sign.length).split(/:(.*)/s);
      if (rest === undefined) {
        return Object.keys(fields).filter((field) => field.startsWith(name))
          .map((field) => sign + (field.endsWith(".") ? field : `${field}:`));
      }
      const done = rest.slice(0, rest.lastIndexOf(",") + 1);
      const part = rest.slice(done.length).replace(/^"/, "").toLowerCase();
      return (fields[name] || []).filter((value) => value.toLowerCase().includes(part) && value !== part)
        .slice(0, 50).map((value) => `${sign}${name}:${done}${quoted(value)}`);
    };
    const take = (text) => {
      const { start } = word();
      const after = input.value.slice(input.selectionStart);
      input.value = input.value.slice(0, start) + text + after;
      input.setSelectionRange(start + text.length, start + text.length);
      input.focus();
      open();
    };
    const open = () => {
      const options = found();
      close();
      if (options.length === 0) return;
      list.replaceChildren(...options.map((text, index) => {
        const item = document.createElement("li");
        item.id = `suggestion-${index}`;
        item.setAttribute("role", "option");
        item.setAttribute("aria-selected", "false");
        item.textContent = text;
        item.addEventListener("mousedown", (event) => { event.preventDefault(); take(text); });
        return item;
      }));
      input.after(list);
      input.setAttribute("aria-expanded", "true");
    };
    input.addEventListener("input", open);
    input.addEventListener("focus", () => { if (input.value === "") open(); });
    input.addEventListener("blur", close);
    input.addEventListener("keydown", (event) => {
      const items = $$("li", list);
      if (!list.isConnected) { if (event.key === "ArrowDown") { open(); event.preventDefault(); } return; }
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        items[chosen]?.setAttribute("aria-selected", "false");
        chosen = (chosen + (event.key === "ArrowDown" ? 1 : -1) + items.length) % items.length;
        items[chosen].setAttribute("aria-selected", "true");
        items[chosen].scrollIntoView({ block: "nearest" });
        input.setAttribute("aria-activedescendant", items[chosen].id);
      } else if ((event.key === "Enter" || event.key === "Tab") && chosen >= 0) {
        event.preventDefault();
        take(items[chosen].textContent);
      } else if (event.key === "Escape") { event.stopPropagation(); close(); }
    });
  }

  // ---- Copying ----
  for (const text of $$("[data-copy]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(text.textContent);
        say("Copied.");
      } catch {
        // Without TLS browsers have no clipboard for pages: then it is selected, for the keys.
        getSelection().selectAllChildren(text);
        say("Selected: copy it with your keys.");
      }
    });
    text.after(button);
  }
})();
