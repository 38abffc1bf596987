// The pages behind the links of mails: posts what the link holds, and what the person types, when asked to.
'use strict';

const DEVICE = { name: 'Browser', platform: 'web' };
const WAIT_MS = 30_000;

const form = document.getElementById('ask');
const button = form.querySelector('button');
const outcome = document.getElementById('outcome');
const signsIn = form.dataset.signsIn !== undefined;

let token = null;

/** The sentences stand in the page, in its language. */
const words = (name) => document.querySelector(`[data-says="${name}"]`)?.content.textContent;

const say = (text) => { outcome.textContent = text; };

/** Takes the secret out of the address bar, and so out of the history. */
function readLink() {
  const fields = new URLSearchParams(location.hash.slice(1));
  if (location.hash) history.replaceState(null, '', location.pathname);
  token = fields.get('token');
  form.hidden = !token;
  button.disabled = false;
  say(token ? '' : words('incomplete'));
}

/** Addresses are relative to the page. */
function post(path, headers, body) {
  return fetch(path, {
    method: 'POST',
    headers: { Accept: 'application/json', ...headers },
    body,
    cache: 'no-store',
    credentials: 'omit',
    redirect: 'error',
    referrerPolicy: 'no-referrer',
    signal: AbortSignal.timeout(WAIT_MS),
  });
}

/** The answer to a confirmation is a sign-in, which nobody wants in this browser. */
async function signOut(tokens) {
  if (!tokens) return true;
  for (let tries = 0; tries < 2; tries += 1) {
    try {
      const headers = { Authorization: `Bearer ${tokens.access_token}` };
      if ((await post('v1/auth/logout', headers)).ok) return true;
    } catch {
      // Once more.
    }
  }
  return false;
}

async function submit(event) {
  event.preventDefault();
  button.disabled = true;
  say(words('wait'));
  let answer;
  let tokens = null;
  try {
    const body = { token, ...Object.fromEntries(new FormData(form)), ...(signsIn && { device: DEVICE }) };
    answer = await post(form.dataset.posts, { 'Content-Type': 'application/json' }, JSON.stringify(body));
    if (answer.ok && signsIn) ({ tokens } = await answer.json());
  } catch {
    button.disabled = false;
    say(words('unreachable'));
    return;
  }
  button.disabled = answer.ok;
  if (answer.ok) {
    token = null;
    form.hidden = true;
    form.reset();
    const signedOut = await signOut(tokens);
    say(words('done') + (signedOut ? '' : ` ${words('not_signed_out')}`));
  } else if (answer.status === 422 && words('refused')) {
    say(words('refused'));
  } else if (answer.status === 401 || answer.status === 422) {
    // Where a password was typed, it may be that which is wrong.
    form.hidden = !words('again');
    say(words('again') ?? words('dead'));
  } else {
    say(words(answer.status === 429 ? 'slower' : 'later'));
  }
}

form.addEventListener('submit', submit);
// A second mail's link, opened in the same tab, changes only the fragment.
addEventListener('hashchange', () => { if (location.hash) readLink(); });
readLink();
