// Confirms an e-mail address with what the link of the mail holds, when the person asks for it.
'use strict';

const DEVICE = { name: 'Browser', platform: 'web' };
const WAIT_MS = 30_000;

const ask = document.getElementById('ask');
const button = document.getElementById('confirm');
const outcome = document.getElementById('outcome');

let link = null;

/** The sentences stand in the page, in its language. */
const words = (name) => document.querySelector(`[data-says="${name}"]`).content.textContent;

const say = (text) => { outcome.textContent = text; };

/** Takes the secret out of the address bar, and so out of the history. */
function readLink() {
  const fields = new URLSearchParams(location.hash.slice(1));
  if (location.hash) history.replaceState(null, '', location.pathname);
  const [verificationId, token] = [fields.get('verification_id'), fields.get('token')];
  link = verificationId && token ? { verification_id: verificationId, token } : null;
  ask.hidden = !link;
  button.disabled = false;
  say(link ? '' : words('incomplete'));
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

async function confirmAddress() {
  button.disabled = true;
  say(words('wait'));
  let answer;
  let tokens = null;
  try {
    answer = await post('v1/auth/verify-email', { 'Content-Type': 'application/json' },
      JSON.stringify({ ...link, device: DEVICE }));
    if (answer.ok) ({ tokens } = await answer.json());
  } catch {
    button.disabled = false;
    say(words('unreachable'));
    return;
  }
  if (answer.ok) {
    link = null;
    ask.hidden = true;
    const signedOut = await signOut(tokens);
    say(words('done') + (signedOut ? '' : ` ${words('not_signed_out')}`));
  } else if (answer.status === 401 || answer.status === 422) {
    ask.hidden = true;
    say(words('dead'));
  } else {
    button.disabled = false;
    say(words('later'));
  }
}

button.addEventListener('click', confirmAddress);
// A second mail's link, opened in the same tab, changes only the fragment.
addEventListener('hashchange', () => { if (location.hash) readLink(); });
readLink();
