import { html, raw, type Html } from './html.js';

/** A script of a page, with the hash by which the page allows it; see `pageScript`. */
export interface PageScript {
  readonly text: string;
  readonly hash: string;
}

/** A complete page that needs no network, with its own style. A script is allowed by its hash alone. */
export function document({
  title,
  style,
  main,
  script,
}: {
  title: string;
  style: string;
  main: Html;
  script?: PageScript;
}): string {
  const allowed = script === undefined ? '' : `; script-src '${script.hash}'`; // prettier-ignore
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta
          http-equiv="Content-Security-Policy"
          content="${raw(`default-src 'none'; style-src 'unsafe-inline'; img-src data:${allowed}`)}"
        />
        <title>${title}</title>
        <style>
          ${raw(style)}
        </style>
      </head>
      <body>
        <main>${main}</main>
        ${script === undefined ? '' : raw(`<script>${script.text}</script>`)}
      </body>
    </html>`.text;
}
