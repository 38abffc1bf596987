// Calls the API of a running server with the demo data from a page of another origin, as an app in a
// browser does. The page is served here, on a port of its own: as http://localhost, which the server
// must allow, and as http://127.0.0.1, which it must not.
//
//   npm ci --prefix script/lib/browser
//   pain-journal serve --demo --cors-origins http://localhost:8081
//   BASE_URL=http://127.0.0.1:8080 ORIGIN_PORT=8081 node script/lib/browser/cors.test.mjs
//
// CHROMIUM: see docs.test.mjs.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { base, empty } from './pages.mjs';

const port = Number(process.env.ORIGIN_PORT);
const app = createServer((request, response) => {
  response.setHeader('Content-Type', 'text/html');
  response.end('<!doctype html><title>An app</title>');
});
before(() => new Promise((resolve, reject) => {
  app.once('error', reject);
  app.listen(port, '127.0.0.1', resolve);
}));
after(() => {
  app.closeAllConnections();
  app.close();
});

/** A call in the page: what the page may see of the answer, or that it may see nothing. */
const call = (page, method, path, headers = {}, body = null) => page.evaluate(
  async ([url, init]) => {
    try {
      const answer = await fetch(url, init);
      return { status: answer.status, headers: Object.fromEntries(answer.headers),
        text: await answer.text() };
    } catch (error) {
      return { refused: String(error) };
    }
  },
  [`${base}${path}`, { method, headers, body, credentials: 'omit' }],
);

const json = { 'Content-Type': 'application/json' };
const login = JSON.stringify({ email: 'ana@demo.example', password: 'demo-seven-herons',
  device: { name: 'browser' } });

test('an app on an allowed origin signs in, writes with conditions and reads what it needs', async () => {
  const page = await empty();
  await page.goto(`http://localhost:${port}/`);
  const signedIn = await call(page, 'POST', '/v1/auth/login', json, login);
  assert.equal(signedIn.status, 200, JSON.stringify(signedIn));
  const bearer = { Authorization: `Bearer ${JSON.parse(signedIn.text).tokens.access_token}` };
  const path = `/v1/journal-entries/${randomUUID()}`;
  const entry = JSON.stringify({ kind: 'momentary', effective_at: '2026-01-10T09:00:00Z',
    time_zone: 'Europe/Berlin', pain_now: 3 });
  const made = await call(page, 'PUT', path, { ...json, ...bearer, 'If-None-Match': '*' }, entry);
  assert.equal(made.status, 201, JSON.stringify(made));
  assert.match(made.headers.etag, /^"v\d+"$/);
  assert.match(made.headers['x-request-id'], /^[0-9a-f-]{36}$/);
  const stale = await call(page, 'PUT', path, { ...json, ...bearer, 'If-Match': '"v1"' }, entry);
  assert.ok([200, 412].includes(stale.status), JSON.stringify(stale));
  // Failures can be read, too, those before the routes included.
  const lost = await call(page, 'GET', '/v1/nowhere', bearer);
  assert.equal(JSON.parse(lost.text).code, 'not_found');
  const stranger = await call(page, 'GET', '/v1/me', { Authorization: 'Bearer x' });
  assert.equal(JSON.parse(stranger.text).code, 'unauthenticated');
  const gone = await call(page, 'DELETE', path, { ...bearer, 'If-Match': '*' });
  assert.equal(gone.status, 204, JSON.stringify(gone));
  // No cookie ever crosses.
  const withCookies = await page.evaluate(async (url) => {
    try {
      return (await fetch(url, { credentials: 'include' })).status;
    } catch (error) {
      return String(error);
    }
  }, `${base}/readyz`);
  assert.match(String(withCookies), /Failed to fetch/);
  const pages = await call(page, 'GET', '/clinic/sign-in');
  assert.match(pages.refused ?? 'it was read', /Failed to fetch/);
  await page.close();
});

test('an app on another origin reads nothing and writes nothing', async () => {
  const page = await empty();
  await page.goto(`http://127.0.0.1:${port}/`);
  for (const [method, path, headers, body] of [
    ['GET', '/readyz', {}, null],
    ['POST', '/v1/auth/login', json, login],
    ['DELETE', `/v1/journal-entries/${randomUUID()}`, { Authorization: 'Bearer x' }, null],
  ]) {
    const answer = await call(page, method, path, headers, body);
    assert.match(answer.refused ?? JSON.stringify(answer), /Failed to fetch/, `${method} ${path}`);
  }
  await page.close();
});
