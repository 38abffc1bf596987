// Opens the pages of a running server in Chromium, with everything outside the server cut off.
//
//   npm ci --prefix script/lib/browser
//   BASE_URL=http://127.0.0.1:8080 node script/lib/browser/docs.test.mjs
//
// CHROMIUM is the browser's program, if it is not /usr/bin/chromium. Without a browser the test is
// skipped. Pictures of the pages go to a new directory below the one for temporary files.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { PHONE, base, finish, open, pictures } from './pages.mjs';

/** Opens a part of the documentation. */
async function unfold(page, tag) {
  await page.locator(`[id="operations-tag-${tag}"]`).click();
  await page.locator(`.opblock[id^="operations-${tag}-"]`).first().waitFor();
}

test('the documentation lists operations, opens them and sends one', async () => {
  const opened = await open('/docs');
  const { page } = opened;
  await page.locator('.opblock-tag').first().waitFor();
  await page.screenshot({ path: join(pictures, 'docs-folded.png') });
  await unfold(page, 'service');
  await unfold(page, 'shares');
  assert.ok(await page.locator('.opblock').count() > 3, 'there are operations');
  await page.screenshot({ path: join(pictures, 'docs.png') });

  await page.getByRole('button', { name: 'Authorize' }).click();
  const dialog = page.locator('.dialog-ux');
  await dialog.locator('input').first().fill('not-a-token');
  await page.screenshot({ path: join(pictures, 'docs-authorize.png') });
  await dialog.getByRole('button', { name: 'Apply credentials' }).first().click();
  await dialog.getByRole('button', { name: 'Close' }).first().click();
  await page.locator('.btn.authorize.locked').waitFor();

  const alive = page.locator('.opblock', { has: page.locator('[data-path="/healthz"]') });
  await alive.locator('.opblock-summary-control').click();
  await alive.getByRole('button', { name: 'Try it out' }).click();
  await alive.getByRole('button', { name: 'Execute' }).click();
  await alive.locator('.live-responses-table .response-col_status', { hasText: '200' }).waitFor();
  await alive.scrollIntoViewIfNeeded();
  await page.screenshot({ path: join(pictures, 'docs-sent.png') });

  const withBody = page.locator('.opblock-post').first();
  await withBody.locator('.opblock-summary-control').click();
  await withBody.locator('.opblock-body').waitFor();
  await withBody.scrollIntoViewIfNeeded();
  await finish(opened, 'docs-operation');
});

test('the documentation forgets the token', async () => {
  const opened = await open('/docs');
  await opened.page.locator('.opblock-tag').first().waitFor();
  await opened.page.locator('.btn.authorize.unlocked').waitFor();
  const kept = await opened.page.evaluate(() => localStorage.length + sessionStorage.length);
  assert.equal(kept, 0);
  await finish(opened, 'docs-again');
});

for (const [name, settings] of [
  ['dark', { colorScheme: 'dark' }],
  ['phone', { viewport: PHONE }],
]) {
  test(`the pages are readable: ${name}`, async () => {
    const docs = await open('/docs', settings);
    await docs.page.locator('.opblock-tag').first().waitFor();
    await unfold(docs.page, 'shares');
    const operation = docs.page.locator('.opblock-post').first();
    await docs.page.screenshot({ path: join(pictures, `docs-${name}.png`) });
    await operation.locator('.opblock-summary-control').click();
    await operation.locator('.opblock-body').waitFor();
    await operation.scrollIntoViewIfNeeded();
    await finish(docs, `docs-operation-${name}`);
    await finish(await open('/', settings), `start-${name}`);
    await finish(await open('/problems', settings), `problems-${name}`);
    await finish(await open('/problems/validation_failed', settings), `problem-${name}`);
    await finish(await open('/verify-email', settings), `verify-${name}`);
  });
}

test('the first page and the problems lead to each other', async () => {
  const opened = await open('/');
  const { page } = opened;
  await page.screenshot({ path: join(pictures, 'start.png') });
  await page.getByRole('link', { name: 'The problems' }).click();
  await page.getByRole('link', { name: 'validation_failed' }).click();
  assert.match(await page.textContent('main'), /422 Unprocessable Entity/);
  await page.getByRole('link', { name: 'All problems' }).click();
  await page.getByRole('link', { name: 'pain-journal' }).click();
  assert.equal(new URL(page.url()).pathname, new URL(`${base}/`).pathname);
  await finish(opened, 'start-again');
});

const LINK = '/verify-email#token=s3cret-_';
const CHOSEN = 'four white mountains';
const DONE = { status: 'complete', tokens: { access_token: 'abc.def.ghi' } };

/** Answers in the server's place; gives back what was sent. */
async function answerFor(page, answers) {
  const sent = [];
  await page.route(`${base}/v1/auth/*`, (route) => {
    const request = route.request();
    const name = new URL(request.url()).pathname.split('/').pop();
    sent.push({ name, body: request.postData(), token: request.headers().authorization });
    const [status, body] = answers[name];
    return status ? route.fulfill({ status, json: body }) : route.abort();
  });
  return sent;
}

test('an address is confirmed with the password only, and the browser is signed out', async () => {
  const opened = await open(LINK);
  const { page } = opened;
  const sent = await answerFor(page, { 'verify-email': [200, DONE], logout: [200, null] });
  const button = page.getByRole('button', { name: 'Confirm my address' });
  await button.waitFor();
  assert.equal(new URL(page.url()).hash, '', 'the secret has left the address bar');
  await page.screenshot({ path: join(pictures, 'verify.png') });
  assert.deepEqual(sent, []);

  await button.click();
  assert.deepEqual(sent, [], 'the field must be filled in');
  await page.getByLabel('The password that you chose').fill(CHOSEN);
  await button.click();
  await page.getByText('Your address is confirmed. You can sign in in the app.').waitFor();
  assert.ok(await button.isHidden());
  assert.deepEqual(sent.map(({ name }) => name), ['verify-email', 'logout']);
  assert.deepEqual(JSON.parse(sent[0].body), {
    token: 's3cret-_',
    password: CHOSEN,
    device: { name: 'Browser', platform: 'web' },
  });
  assert.equal(sent[1].token, 'Bearer abc.def.ghi');
  await finish(opened, 'verify-done');
});

for (const [name, answer, words, again] of [
  ['a dead link, or another password', [401, {}], 'Link and password do not fit.', true],
  ['a busy server', [503, {}], 'The server could not do it just now.', true],
  ['no connection', [0], 'The server could not be reached.', true],
]) {
  test(`${name} is told`, async () => {
    const { page } = await open(LINK);
    await answerFor(page, { 'verify-email': answer });
    const button = page.getByRole('button', { name: 'Confirm my address' });
    await page.getByLabel('The password that you chose').fill(CHOSEN);
    await button.click();
    await page.getByText(words).waitFor();
    assert.equal(await button.isVisible() && await button.isEnabled(), again);
    await page.screenshot({ path: join(pictures, `verify-${answer[0]}.png`) });
    await page.close();
  });
}

test('a link that this server never sent is refused by it', async () => {
  const { page, seen } = await open(LINK);
  await page.getByLabel('The password that you chose').fill(CHOSEN);
  await page.getByRole('button', { name: 'Confirm my address' }).click();
  await page.getByText('Link and password do not fit.').waitFor();
  assert.deepEqual(seen.outside, []);
  await page.close();
});

test('a page without the link asks for it', async () => {
  const opened = await open('/verify-email');
  await opened.page.getByText('The link is not complete.').waitFor();
  await finish(opened, 'verify-without-link');
});
