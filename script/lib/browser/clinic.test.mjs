// Uses the practitioners' pages of a running server with the demo data, as a person would: signs in
// by keyboard, opens a report, asks for other days, takes the files along, signs out.
//
//   npm ci --prefix script/lib/browser
//   BASE_URL=http://127.0.0.1:8080 node script/lib/browser/clinic.test.mjs
//
// The server is one that was started with --demo. CHROMIUM and the pictures: see docs.test.mjs.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DESKTOP, PHONE, base, finish, open, pictures } from './pages.mjs';

const EMAIL = 'lind@demo.example';
const PASSWORD = 'demo-silver-needle';

/** What the keyboard is on, in words: its tag and its name or text. */
const focused = (page) => page.evaluate(() => {
  const on = document.activeElement;
  return `${on.tagName.toLowerCase()} ${on.id || on.getAttribute('name') || on.textContent.trim()}`;
});

/** Presses Tab until the keyboard is on this, within as many steps as a person would bear. */
async function tabTo(page, wanted, most = 12) {
  for (let step = 0; step < most; step += 1) {
    await page.keyboard.press('Tab');
    if (await focused(page) === wanted) return;
  }
  assert.fail(`the keyboard does not get to "${wanted}" but to "${await focused(page)}"`);
}

async function signIn(opened) {
  const { page } = opened;
  assert.equal(new URL(page.url()).pathname, '/clinic/sign-in');
  await tabTo(page, 'input email');
  await page.keyboard.type(EMAIL);
  await tabTo(page, 'input password', 1);
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Patients', level: 1 }).waitFor();
}

async function signOut(page) {
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'For practitioners' }).waitFor();
}

/** Every picture of the page has loaded. */
async function hasPictures(page) {
  const drawn = await page.locator('figure img').evaluateAll((images) => images.map((image) => (
    image.complete && image.naturalWidth > 0 && image.alt.length > 0)));
  assert.ok(drawn.length > 2, `${drawn.length} pictures`);
  assert.ok(drawn.every(Boolean), 'each is drawn, and said in words');
}

test('a wrong password is told, and a form says where it comes from', async () => {
  // The browser itself writes a line about the answer 401: only the policy and the network count.
  const { page, seen } = await open('/clinic');
  const posted = page.waitForRequest((request) => request.method() === 'POST');
  await page.getByLabel('E-mail address').fill(EMAIL);
  await page.getByLabel('Password').fill('demo-golden-needle');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').filter({ hasText: 'do not fit' }).waitFor();
  assert.equal(await page.getByLabel('E-mail address').inputValue(), EMAIL);
  assert.equal(await page.getByLabel('Password').inputValue(), '');
  assert.equal((await (await posted).allHeaders()).origin, base);
  assert.deepEqual(seen.outside, []);
  assert.ok(seen.errors.every((line) => line.includes('401')), seen.errors.join('\n'));
  await page.screenshot({ path: join(pictures, 'clinic-refused.png') });
  await page.close();
});

test('a report is opened by keyboard alone, for other days too', async () => {
  const opened = await open('/clinic', { viewport: DESKTOP });
  const { page } = opened;
  await signIn(opened);
  await page.screenshot({ path: join(pictures, 'clinic-patients.png') });
  await tabTo(page, 'a Ana', 20);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Progress report', level: 1 }).waitFor();
  assert.ok(await page.getByRole('button', { name: 'Print' }).isVisible());
  await hasPictures(page);
  await page.screenshot({ path: join(pictures, 'clinic-report.png'), fullPage: true });

  await tabTo(page, 'a 30 days', 20);
  await page.keyboard.press('Enter');
  await page.waitForURL(/from=/);
  const [from, to] = await Promise.all(['From', 'To'].map((label) => (
    page.getByLabel(label, { exact: true }).inputValue())));
  assert.equal((new Date(to) - new Date(from)) / 86_400_000, 29);
  const span = await page.locator('p.meta').first().textContent();

  const first = new Date(new Date(to) - 59 * 86_400_000).toISOString().slice(0, 10);
  await page.getByLabel('From', { exact: true }).fill(first);
  await page.keyboard.press('Enter');
  await page.waitForURL((url) => url.searchParams.get('from') === first);
  assert.notEqual(await page.locator('p.meta').first().textContent(), span);
  await finish(opened, 'clinic-other-days');
});

test('the files are saved, and the print button prints', async () => {
  const opened = await open('/clinic');
  const { page } = opened;
  await page.getByRole('link', { name: 'Ana', exact: true }).click();
  for (const [name, file, begins] of [
    ['PDF, A4', 'report-Demo-share.pdf', '%PDF-'],
    ['PDF, Letter', 'report-Demo-share.pdf', '%PDF-'],
    ['Save the page', 'report-Demo-share.html', '<!doctype html>'],
    ['Days as CSV', 'days-Demo-share.csv', 'patient_name,'],
  ]) {
    const saving = page.waitForEvent('download');
    await page.getByRole('link', { name, exact: true }).click();
    const saved = await saving;
    assert.equal(saved.suggestedFilename(), file);
    assert.ok(readFileSync(await saved.path(), 'latin1').startsWith(begins), file);
  }
  await page.evaluate(() => { window.print = () => { document.title = 'printed'; }; });
  await page.getByRole('button', { name: 'Print' }).click();
  assert.equal(await page.title(), 'printed');
  await page.emulateMedia({ media: 'print' });
  assert.ok(await page.locator('.tools').isHidden(), 'paper has no buttons');
  assert.ok(await page.getByRole('heading', { name: 'Progress report' }).isVisible());
  await page.emulateMedia({ media: 'screen' });
  await finish(opened, 'clinic-files');
});

test('a report is frozen, and found again in the list', async () => {
  const opened = await open('/clinic');
  const { page } = opened;
  await page.getByRole('link', { name: 'Ana', exact: true }).click();
  await page.getByRole('heading', { name: 'Progress report', level: 1 }).waitFor();
  await tabTo(page, 'button Freeze it', 30);
  await page.keyboard.press('Enter');
  await page.getByText('it stays as it was').waitFor();
  await hasPictures(page);
  const kept = page.url();
  await page.getByRole('link', { name: 'All frozen reports' }).click();
  await page.getByRole('heading', { name: 'Frozen reports', level: 1 }).waitFor();
  await page.screenshot({ path: join(pictures, 'clinic-frozen-list.png') });
  await page.locator('tbody a').first().click();
  await page.waitForURL(kept);
  await page.getByText('it stays as it was').waitFor();
  await finish(opened, 'clinic-frozen');
});

test('the pages are readable on a phone, and signing out ends them', async () => {
  const list = await open('/clinic', { viewport: PHONE });
  await list.page.getByRole('link', { name: 'Ana', exact: true }).waitFor();
  await finish(list, 'clinic-patients-phone');
  const report = await open('/clinic', { viewport: PHONE });
  await report.page.getByRole('link', { name: 'Ana', exact: true }).click();
  await report.page.getByRole('heading', { name: 'Progress report', level: 1 }).waitFor();
  await hasPictures(report.page);
  const charts = report.page.locator('figure [role="region"]');
  assert.ok(await charts.count() > 0, 'a wide picture scrolls by itself');
  for (const chart of await charts.all()) {
    const [shown, whole] = await chart.evaluate((part) => [part.clientWidth, part.scrollWidth]);
    assert.ok(whole >= 700 && shown <= PHONE.width, `${whole} in ${shown}`);
    assert.ok(await chart.getAttribute('aria-label'), 'it has a name');
    await chart.focus();
    await report.page.keyboard.press('ArrowRight');
  }
  const address = report.page.url();
  await report.page.screenshot({ path: join(pictures, 'clinic-whole-phone.png'), fullPage: true });
  await finish(report, 'clinic-report-phone');

  const leaving = await open('/clinic', { viewport: PHONE });
  await signOut(leaving.page);
  await leaving.page.goto(address);
  assert.equal(new URL(leaving.page.url()).pathname, '/clinic/sign-in');
  await finish(leaving, 'clinic-sign-in-phone');
});
