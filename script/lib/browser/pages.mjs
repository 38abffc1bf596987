// What the tests of pages share: a browser with everything outside the server cut off, and what must
// hold for each page it opens.
import assert from 'node:assert/strict';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';

const program = process.env.CHROMIUM ?? '/usr/bin/chromium';
try {
  accessSync(program, constants.X_OK);
} catch {
  console.log('skipped: chromium is not installed');
  process.exit(0);
}
if (!process.env.BASE_URL) {
  console.error('error: BASE_URL is not set: the address of a running server, http://127.0.0.1:8080');
  process.exit(2);
}

/** The address of the server. */
export const base = process.env.BASE_URL.replace(/\/+$/, '');
const { chromium } = await import('playwright-core');

const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync'];
export const DESKTOP = { width: 1280, height: 900 };
export const PHONE = { width: 390, height: 844 };

const profile = mkdtempSync(join(tmpdir(), 'pain-journal-profile-'));
/** Where pictures of the pages go. */
export const pictures = mkdtempSync(join(tmpdir(), 'pain-journal-pages-'));
let browser;

before(async () => {
  browser = await chromium.launchPersistentContext(profile, {
    executablePath: program,
    args: FLAGS,
    chromiumSandbox: false,
    viewport: DESKTOP,
  });
  await browser.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => {
      console.error(`policy: ${event.effectiveDirective} ${event.blockedURI}`);
    });
  });
});

after(async () => {
  await browser?.close();
  rmSync(profile, { recursive: true, force: true });
  console.log(`pictures: ${pictures}`);
});

/** An empty page of the browser, with nothing cut off. */
export const empty = () => browser.newPage();

/** Opens a page; `errors` and `outside` fill while it is used. */
export async function open(path, { viewport = DESKTOP, colorScheme = 'light' } = {}) {
  const page = await browser.newPage();
  // A machine that is busy with other tests takes its time over a large page.
  page.setDefaultTimeout(120_000);
  const seen = { errors: [], outside: [] };
  page.on('pageerror', (error) => seen.errors.push(error.message));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) seen.errors.push(message.text());
  });
  await page.route('**/*', (route) => {
    const url = route.request().url();
    if (url.startsWith(`${base}/`) || url.startsWith('data:')) return route.continue();
    seen.outside.push(url);
    return route.abort();
  });
  await page.setViewportSize(viewport);
  await page.emulateMedia({ colorScheme });
  await page.goto(`${base}${path}`);
  return { page, seen };
}

/** Nothing was wrong, nothing is cut off at the side. */
export async function finish({ page, seen }, picture) {
  await page.screenshot({ path: join(pictures, `${picture}.png`) });
  const [content, window] = await page.evaluate(() => {
    const root = document.documentElement;
    return [root.scrollWidth, root.clientWidth];
  });
  assert.ok(content <= window, `${picture} is ${content} wide in a window of ${window}`);
  await page.close();
  assert.deepEqual(seen, { errors: [], outside: [] }, picture);
}
