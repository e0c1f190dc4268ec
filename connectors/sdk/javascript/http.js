// Requests, responses and settings, as the contract has them.
import { utf8 } from './text.js';

/** The first value of a header. The case of the name does not matter. */
export function header(message, name) {
  const wanted = name.toLowerCase();
  return message.headers.find(([key]) => key.toLowerCase() === wanted)?.[1];
}

/** The first value of a setting; `undefined` where it is not set or empty. */
export function setting(context, name) {
  return settings(context, name)[0];
}

/** Every value of a setting that is not empty, the newest first: a secret in rotation has two. */
export function settings(context, name) {
  return context.settings.filter(([key, value]) => key === name && value !== '').map(([, value]) => value);
}

/** A response with a text; without one, it has no body. */
export function response(status, contentType, text) {
  const headers = contentType ? [['content-type', contentType]] : [];
  return { status, headers, body: utf8(text ?? '') };
}

/** A call that reads. */
export function get(url, credentials = []) {
  const request = { method: 'GET', url, headers: [], body: new Uint8Array() };
  return { request, credentials, cacheable: false, repeatable: true };
}

/** A call with a JSON body. Say `repeatable` only where making it twice does no more than making it once. */
export function postJson(url, value, { credentials = [], headers = [], repeatable = false } = {}) {
  const body = utf8(JSON.stringify(value));
  const request = { method: 'POST', url, headers: [['content-type', 'application/json'], ...headers], body };
  return { request, credentials, cacheable: false, repeatable };
}

/** Credentials, each by the name of a secret setting: the host adds its value, which never comes here. */
export const credential = {
  bearer: (name) => ({ tag: 'bearer', val: name }),
  basic: (user, name) => ({ tag: 'basic', val: [user, name] }),
  header: (header, name) => ({ tag: 'header', val: [header, name] }),
  query: (parameter, name) => ({ tag: 'query', val: [parameter, name] }),
  form: (field, name) => ({ tag: 'form', val: [field, name] }),
  /** For `{name}` in the path of the URL. */
  path: (name) => ({ tag: 'path', val: name }),
};
