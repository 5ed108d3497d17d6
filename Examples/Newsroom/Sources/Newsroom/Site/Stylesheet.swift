/// The look of the site: a broadsheet, in daylight and at night.
enum Stylesheet {
  static let css = """
    :root {
      --paper: #fbf9f4;
      --ink: #1e2226;
      --soft: #5d6670;
      --line: #d9d3c5;
      --sea: #0b5c73;
      --wash: #f1ede2;
      --serif: "Iowan Old Style", Charter, "Palatino Linotype", Palatino, "Liberation Serif",
        Georgia, serif;
      --sans: ui-sans-serif, system-ui, "Helvetica Neue", "Liberation Sans", Arial, sans-serif;
      --mono: ui-monospace, "SF Mono", "Cascadia Mono", "Liberation Mono", monospace;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --paper: #14181c;
        --ink: #e4e2dc;
        --soft: #9aa4ad;
        --line: #323a42;
        --sea: #7cc4d8;
        --wash: #1d2329;
      }
    }
    * { box-sizing: border-box; }
    html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
    body {
      margin: 0 auto;
      padding: 0 1.25rem 3rem;
      max-width: 44rem;
      background: var(--paper);
      color: var(--ink);
      font: 1.125rem/1.65 var(--serif);
    }
    a { color: var(--sea); text-decoration-thickness: 1px; text-underline-offset: 0.18em; }
    a:hover { text-decoration-thickness: 2px; }
    a:focus-visible { outline: 2px solid var(--sea); outline-offset: 3px; border-radius: 2px; }

    .masthead {
      margin: 2.25rem 0 2.5rem;
      padding: 1.1rem 0 1rem;
      border-top: 4px double var(--ink);
      border-bottom: 1px solid var(--line);
      text-align: center;
    }
    .masthead p { margin: 0; }
    .masthead .name {
      font-size: clamp(2rem, 8vw, 3.1rem);
      font-weight: 700;
      letter-spacing: -0.015em;
      line-height: 1.1;
    }
    .masthead .name a { color: inherit; text-decoration: none; }
    .masthead .tagline { margin-top: 0.5rem; color: var(--soft); font-style: italic; }

    h1, h2, h3, h4 { line-height: 1.2; letter-spacing: -0.01em; text-wrap: balance; }
    article h1 { margin: 0 0 0.75rem; font-size: clamp(1.9rem, 6vw, 2.6rem); }
    .summary { margin: 0 0 1rem; color: var(--soft); font-size: 1.25rem; line-height: 1.5; }
    .byline { margin: 0; color: var(--soft); font: 0.875rem/1.5 var(--sans); }
    .byline strong { color: var(--ink); font-weight: 600; }
    .dot { padding: 0 0.2em; }
    article > header { margin-bottom: 2rem; }

    .text h2 { margin: 2.2em 0 0.6em; font-size: 1.45rem; }
    .text h3 { margin: 1.8em 0 0.5em; font-size: 1.2rem; }
    .text p, .text ul, .text ol, .text pre, .text blockquote { margin: 0 0 1.1em; }
    .text > p:first-child::first-letter {
      float: left;
      padding: 0.06em 0.09em 0 0;
      color: var(--sea);
      font-size: 3.3em;
      line-height: 0.82;
    }
    .text ul, .text ol { padding-left: 1.5em; }
    .text li > ul, .text li > ol { margin: 0.2em 0; }
    .text li::marker { color: var(--soft); }
    .text blockquote {
      padding: 0.1em 0 0.1em 1.25em;
      border-left: 3px solid var(--sea);
      font-style: italic;
    }
    .text blockquote em { font-style: normal; }
    .text blockquote > :last-child { margin-bottom: 0; }
    .text code { padding: 0.1em 0.3em; border-radius: 4px; background: var(--wash); }
    .text code, .text pre { font-family: var(--mono); font-size: 0.88em; }
    .text pre {
      padding: 0.9em 1.1em;
      overflow-x: auto;
      border: 1px solid var(--line);
      border-radius: 8px;
      background: var(--wash);
      line-height: 1.5;
    }
    .text pre code { padding: 0; background: none; font-size: inherit; }
    .text img { display: block; max-width: 100%; height: auto; margin: 0.5em auto; }
    .text hr {
      width: 5rem;
      margin: 2.2em auto;
      border: 0;
      border-top: 1px solid var(--soft);
    }
    .back { margin-top: 2.5rem; font: 0.95rem/1.5 var(--sans); }

    .front { margin: 0; padding: 0; list-style: none; }
    .front li { padding: 1.5rem 0; border-bottom: 1px solid var(--line); }
    .front li:first-child { padding-top: 0; }
    .front h2 { margin: 0 0 0.35rem; font-size: 1.5rem; }
    .front li:first-child h2 { font-size: clamp(1.7rem, 5.5vw, 2.2rem); }
    .front h2 a { color: inherit; text-decoration: none; }
    .front h2 a:hover { color: var(--sea); text-decoration: underline; }
    .front p { margin: 0 0 0.5rem; }
    .front .byline { margin: 0; }

    footer { margin-top: 3rem; color: var(--soft); font: 0.875rem/1.6 var(--sans); }

    """
}
