// The bytes of what a contact sent: an id is exchanged for a path, which is good for an hour at least.
import { Calls, cannot, failed, filled, get, objectOf } from '../../sdk/javascript/trunkline.js';
import { CREDENTIALS, FILES, answerOf, failure, isDone, method } from './api.js';

/** `media.locate`. */
export function locate(attachment, _account, context) {
  if (attachment.source.tag !== 'reference') throw cannot('unsupported', 'only a reference is asked for at Telegram');
  const id = attachment.source.val;
  if (!id) throw cannot('missing', 'the reference is no file id');
  const answer = new Calls(context).make(method('getFile', { file_id: id }, { repeatable: true }));
  if (!isDone(answer)) throw failed(failure(answer, context.now));
  const path = filled(objectOf(answerOf(answer).result).file_path);
  const segments = path?.split('/') ?? [];
  // It becomes a part of a URL that holds the token: it must not lead anywhere else.
  if (segments.length === 0 || segments.some((segment) => ['', '.', '..'].includes(segment))) {
    throw failed({ reason: { tag: 'unreachable' }, code: 'missing', message: 'the answer has no usable `file_path`' });
  }
  return get(FILES + segments.map(encodeURIComponent).join('/'), CREDENTIALS);
}
