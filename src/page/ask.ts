// Asks the server that the page came from. Where it wants a token the user is asked for it, once, and it is kept for as
// long as the tab is open; what was asked meanwhile waits. In a header, for which EventSource has no place.

import { byId, el } from './dom.js';

const KEY = 'streamer-token';
/** What a header can bear. */
const TOKEN = /^[\x21-\x7e]+$/;

let asking: Promise<void> | null = null;

/** The answer, which is not a 401: it waits until the server takes the token. */
export async function ask(path: string, signal: AbortSignal): Promise<Response> {
  for (;;) {
    const token = sessionStorage.getItem(KEY);
    const headers: HeadersInit = token === null ? {} : { Authorization: `Bearer ${token}` };
    const response = await fetch(path, { headers, signal, cache: 'no-store' });
    if (response.status !== 401) return response;
    await response.body?.cancel();
    // Another one may have been typed in meanwhile.
    if (sessionStorage.getItem(KEY) === token) await askForToken(token !== null);
  }
}

/** The JSON of the answer. Throws a sentence where it is none of success. */
export async function askJson<Answer>(path: string, signal: AbortSignal): Promise<Answer> {
  const response = await ask(path, signal);
  if (!response.ok) throw new Error((await response.text()).slice(0, 300) || `status ${response.status}`);
  return (await response.json()) as Answer;
}

function askForToken(refused: boolean): Promise<void> {
  sessionStorage.removeItem(KEY);
  asking ??= showForm(refused).then((token) => {
    sessionStorage.setItem(KEY, token);
    asking = null;
  });
  return asking;
}

function showForm(refused: boolean): Promise<string> {
  const input = el('input', { type: 'password', id: 'token', autocomplete: 'off', required: '' });
  const complaint = el('p', { role: 'alert', class: 'bad' }, refused ? 'The server refused that token.' : '');
  const form = el(
    'form',
    { class: 'token card' },
    el('label', { for: 'token' }, 'The server wants its token (http_token in the configuration).'),
    el('div', { class: 'tools' }, input, el('button', {}, 'Show')),
    complaint,
  );
  byId('token-place').replaceChildren(form);
  input.focus();
  return new Promise((resolve) => {
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const token = input.value.trim();
      if (!TOKEN.test(token)) {
        complaint.textContent = 'A token has no blanks and no letters outside ASCII.';
        return;
      }
      form.remove();
      resolve(token);
    });
  });
}
