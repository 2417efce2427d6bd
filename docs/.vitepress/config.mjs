import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join, relative } from 'node:path';

import { defineConfig } from 'vitepress';

import { mathml } from './formula.mjs';
import { REPOSITORY, siteLink, sitePath } from './paths.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const base = process.env.SITE_BASE ?? '/';
/** The losses whose pages have a live curve: those with a penalty in closed form, and those that the widget computes. */
const LIVE = [
  'ce',
  'dice',
  'log-dice',
  'dice-bias',
  'tversky',
  'kl',
  'l1',
  'l2',
  'reverse-kl',
  'js',
  'focal',
  'jaccard',
];

/** Pages whose indented blocks are formulas. */
const FORMULAS = /^docs\/(losses\/(?!README|parity).+|theory)\.md$/;

const names = (folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md') && name !== 'README.md')
    .map((name) => name.slice(0, -3))
    .sort();
const page = (text, link) => ({ text, link });
const apiPages = existsSync(join(root, 'site-pages/api')) ? [page('API', '/api/')] : [];
const changelog = existsSync(join(root, 'site-pages/changelog.md')) ? [page('Changelog', '/changelog')] : [];
const evidence = existsSync(join(root, 'docs/evidence.md')) ? [page('Evidence', '/evidence')] : [];

export default defineConfig({
  title: 'segloss',
  description: 'Segmentation losses for TensorFlow.js, and what each does to the size of regions',
  lang: 'en-US',
  base,
  srcDir: root,
  outDir: join(root, 'site'),
  cacheDir: join(root, 'node_modules/.cache/vitepress'),
  cleanUrls: true,
  metaChunk: true,
  lastUpdated: false,
  srcExclude: [
    '**/node_modules/**',
    '{packages,apps}/*/{dist,src,test,demo,assembly,presets}/**',
    'test/**',
    '.changeset/**',
    '.github/**',
    'CODE_OF_CONDUCT.md',
    'apps/playground/**',
    'experiments/**',
    'perf/**',
    'runs/**',
    'benchmarks/**',
    'site/**',
    'tools/**',
    '**/CHANGELOG.md',
  ],
  rewrites: (path) => sitePath(path) ?? path,
  head: [
    ['link', { rel: 'icon', type: 'image/svg+xml', href: `${base}playground/favicon.svg` }],
    ['script', { type: 'module', src: `${base}playground/widgets.js` }],
  ],
  vue: { template: { compilerOptions: { isCustomElement: (tag) => tag.startsWith('segloss-') } } },
  vite: { build: { chunkSizeWarningLimit: 3000 }, publicDir: false },
  markdown: {
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' }, // the plain ones are too pale to read
    // Anchors as GitHub makes them, so that a link works there and here.
    anchor: { slugify: githubSlug },
    config(md) {
      md.core.ruler.push('segloss-links', ({ tokens, env }) => {
        const source = relative(root, env.realPath ?? env.path);
        for (const token of tokens.flatMap((one) => [one, ...(one.children ?? [])])) {
          // An address without ./ would be that of a package.
          if (/^html_/.test(token.type))
            token.content = token.content.replace(/\b(src|srcset)="(?![a-z]+:|[./])/g, '$1="./');
          const href = token.attrGet('href');
          if (token.type === 'link_open' && href !== null) token.attrSet('href', siteLink(source, href));
        }
        if (FORMULAS.test(source)) typeset(tokens);
        addWidget(tokens, source);
      });
    },
  },
  themeConfig: {
    search: { provider: 'local' },
    nav: [
      page('Guide', '/start'),
      page('Losses', '/losses/'),
      { text: 'Playground', link: `${base}playground/`, target: '_self' },
    ],
    socialLinks: [{ icon: 'github', link: REPOSITORY }],
    outline: [2, 3],
    sidebar: [
      {
        text: 'Getting started',
        items: [page('What segloss does', '/start'), page('The command', '/command')],
      },
      {
        text: 'How to',
        items: [
          page('Train a network', '/training'),
          page('Compare losses', '/benchmarks'),
          page('Analyze your masks', '/analyze'),
          page('Prepare data', '/inputs'),
          page('Choose a backend', '/backends'),
          page('Use the playground', '/playground-guide'),
        ],
      },
      {
        text: 'Explanation',
        items: [
          page('The hidden size bias', '/theory'),
          page('Bias cards', '/bias-cards'),
          page('Statistics', '/statistics'),
        ],
      },
      {
        text: 'Evidence',
        items: [
          ...evidence,
          page('Real runs', '/real-runs'),
          page('Bias of every loss', '/bias/'),
          page('Parity with Python', '/losses/parity'),
        ],
      },
      {
        text: 'Reference',
        items: [
          ...apiPages,
          page('Errors', '/errors'),
          {
            text: 'Losses',
            collapsed: true,
            link: '/losses/',
            items: names('docs/losses')
              .filter((name) => name !== 'parity')
              .map((name) => page(name, `/losses/${name}`)),
          },
          {
            text: 'Packages',
            items: readdirSync(join(root, 'packages'))
              .filter((name) => existsSync(join(root, 'packages', name, 'README.md')))
              .map((name) => page(`@segloss/${name}`, `/packages/${name}`)),
          },
        ],
      },
      {
        text: 'Project',
        items: [...changelog, page('Contributing', '/contributing'), page('Security', '/security')],
      },
    ],
  },
  buildEnd({ pages, outDir }) {
    writeFileSync(join(outDir, 'llms.txt'), llms(pages));
  },
});

function githubSlug(heading) {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
    .replaceAll(' ', '-');
}

/** Indented blocks as MathML, one formula a line. */
function typeset(tokens) {
  for (const token of tokens.filter(({ type }) => type === 'code_block')) {
    token.content = `<div class="formula">${token.content.trim().split('\n').map(mathml).join('')}</div>\n`;
    token.type = 'html_block';
  }
}

/** A live curve below the heading of the penalty of a loss. */
function addWidget(tokens, source) {
  const name = /^docs\/losses\/(.+)\.md$/.exec(source)?.[1];
  if (name === undefined || !LIVE.includes(name)) return;
  const at = tokens.findIndex(
    (token, i) => token.type === 'heading_open' && /^Marginal penalty/.test(tokens[i + 1]?.content ?? ''),
  );
  if (at < 0) return;
  const widget = Object.assign(new tokens[at].constructor('html_block', '', 0), {
    content: `<segloss-curve loss="${name}" q="0.02"></segloss-curve>\n`,
    block: true,
  });
  tokens.splice(at + 3, 0, widget);
}

/** The index for language models: every page with its first sentence. */
function llms(pages) {
  const lines = pages.map((path) => {
    const text = readFileSync(join(root, path), 'utf8').replace(/^---\n[^]*?\n---\n/, '');
    const title = /^# (.+)$/m.exec(text)?.[1].replaceAll('`', '') ?? path;
    const first = text.split(/\n\n/).find((part) => /^[A-Z`]/.test(part)) ?? '';
    const sentence = first
      .replace(/\s+/g, ' ')
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .split(/(?<=\.) /)[0];
    return {
      path: sitePath(path) ?? path,
      line: `- [${title}](${base}${(sitePath(path) ?? path).replace(/(index)?\.md$/, '')}): ${sentence}`,
    };
  });
  const of = (test) =>
    lines
      .filter(({ path }) => test(path))
      .map(({ line }) => line)
      .join('\n');
  return `# segloss

> Segmentation losses for TensorFlow.js, and tools that show what each does to the size of the predicted regions.

## Guide

${of((path) => !/^(losses|bias|packages|api)\//.test(path))}

## Packages

${of((path) => path.startsWith('packages/'))}

## Losses

${of((path) => path.startsWith('losses/'))}

## API

${of((path) => path.startsWith('api/'))}
`;
}
