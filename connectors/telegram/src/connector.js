// Telegram Bot API: webhooks of a bot, and its answers. A `POST` holds one update, which becomes one event.
import { locator, receiver, sender, simulator as maker } from '../../sdk/javascript/trunkline.js';
import { locate } from './media.js';
import { send } from './outbound.js';
import { simulate } from './simulator.js';
import { receive } from './webhook.js';

export const inbound = receiver(receive);
export const outbound = sender(send);
export const media = locator(locate);
export const simulator = maker(simulate);
