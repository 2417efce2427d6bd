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
  policy = {},
}: {
  title: string;
  style: string;
  main: Html;
  script?: PageScript;
  /** What the page may do besides: sources for its script, and connections. */
  policy?: { readonly script?: string; readonly connect?: string };
}): string {
  const sources = [script && `'${script.hash}'`, policy.script].filter((one) => one !== undefined);
  const allowed = [
    ...(sources.length === 0 ? [] : [`; script-src ${sources.join(' ')}`]),
    ...(policy.connect === undefined ? [] : [`; connect-src ${policy.connect}`]),
  ].join('');
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
