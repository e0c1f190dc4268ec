// A message: its parts, and what stands around them.
import {
  filled, message as build, numberOf, objectOf, parseJson, rawMembers, scalars, text, textOf,
} from '../../sdk/javascript/trunkline.js';
import { attachment } from './attachment.js';
import { messageId, person } from './people.js';

/** What every message may have: no content. */
const AROUND = new Set([
  'message_id', 'date', 'chat', 'from', 'sender_chat', 'sender_boost_count', 'sender_tag', 'message_thread_id', 'direct_messages_topic',
  'is_topic_message', 'forward_origin', 'is_automatic_forward', 'reply_to_message', 'external_reply', 'quote', 'reply_to_story',
  'reply_to_checklist_task_id', 'media_group_id', 'via_bot', 'edit_date', 'has_protected_content', 'is_from_offline', 'is_paid_post',
  'author_signature', 'paid_star_count', 'reply_markup', 'entities', 'caption', 'caption_entities', 'show_caption_above_media',
  'has_media_spoiler', 'link_preview_options', 'suggested_post_info', 'effect_id', 'business_connection_id', 'sender_business_bot',
]);
/** What happened in the chat, told as a message. */
const SERVICE = [
  'new_chat_title', 'new_chat_photo', 'delete_chat_photo', 'group_chat_created', 'supergroup_chat_created', 'channel_chat_created',
  'message_auto_delete_timer_changed', 'migrate_to_chat_id', 'migrate_from_chat_id', 'pinned_message', 'connected_website',
  'write_access_allowed', 'proximity_alert_triggered', 'boost_added', 'chat_background_set', 'new_chat_members', 'left_chat_member',
];
const SERVICE_FAMILIES = /^(forum_topic|general_forum_topic|video_chat)_/;
/** Objects around a message that are kept as attributes, in JSON. */
const RAW = ['entities', 'caption_entities', 'quote', 'external_reply', 'reply_to_story', 'forward_origin'];
/** Said elsewhere. */
const TOLD = ['message_id', 'date', 'edit_date', 'text', 'caption', 'media_group_id'];

const PLACE = ['latitude', 'longitude', 'title', 'address'];

/** A message, and the name of what happened where it is nothing but that. Nothing where it has no id. */
export function message(item, raw) {
  const id = messageId(item.chat, item.message_id);
  if (!id) return undefined;
  const service = Object.keys(item).find((name) => SERVICE.includes(name) || SERVICE_FAMILIES.test(name));
  const parts = [part(item, raw)];
  const start = /^\/start(?:@\w+)? (\S+)$/.exec(textOf(item.text) ?? '');
  return {
    service,
    message: build({
      id,
      parts,
      replyTo: quoted(item),
      // How the contact came: `https://t.me/<bot>?start=<payload>`.
      referral: start ? { source: 'start', ref: start[1], attributes: [] } : undefined,
      forwarded: item.forward_origin !== undefined,
      // An administrator who speaks as the group comes with a bot's name.
      automated: objectOf(item.from).is_bot === true && !item.sender_chat,
    }),
  };
}

/** What stands around the content, under Telegram's names. */
export function messageAttributes(item, raw) {
  const members = rawMembers(raw) ?? {};
  const kept = RAW.filter((name) => Object.hasOwn(members, name)).map((name) => [name, members[name]]);
  const plain = scalars(item, TOLD).filter(([name]) => AROUND.has(name));
  const bot = filled(objectOf(item.via_bot).id);
  const place = [objectOf(item.venue), objectOf(item.location)].flatMap((found) => scalars(found, PLACE));
  return [...plain, ...place, ...(bot ? [['via_bot', bot]] : []), ...kept];
}

function quoted(item) {
  const target = objectOf(item.reply_to_message);
  const id = messageId(target.chat ?? item.chat, target.message_id);
  return id ? { id, author: person(target.from)?.identifiers[0] } : undefined;
}

/** The content. What comes twice under two names (a venue as a location too) is asked for under the narrower one first. */
function part(item, raw) {
  if (typeof item.text === 'string') return text(item.text);
  const media = attachment(item);
  if (media) return { tag: 'media', val: media };
  const other = location(item) ?? card(item.contact) ?? form(item.web_app_data);
  if (other) return other;
  const name = Object.keys(item).find((found) => !AROUND.has(found));
  return { tag: 'other', val: name ? { name, payload: rawMembers(raw)?.[name] ?? raw } : { name: 'message', payload: raw } };
}

function location(item) {
  const venue = objectOf(item.venue);
  const place = objectOf(venue.location ?? item.location);
  const [latitude, longitude] = [numberOf(place.latitude), numberOf(place.longitude)];
  if (latitude === undefined || longitude === undefined) return undefined;
  return { tag: 'location', val: { latitude, longitude, name: filled(venue.title), address: filled(venue.address) } };
}

function card(value) {
  const found = objectOf(value);
  const phone = filled(found.phone_number);
  if (!phone) return undefined;
  const name = [found.first_name, found.last_name].map(filled).filter(Boolean).join(' ');
  const attributes = scalars(found, ['phone_number', 'first_name', 'last_name', 'vcard']);
  const val = [{ name: name || undefined, phones: [phone], emails: [], vcard: filled(found.vcard), attributes }];
  return { tag: 'contacts', val };
}

/** What a web app sent: any text, which is JSON where the app wrote JSON. */
function form(value) {
  const { data, button_text: title } = objectOf(value);
  if (typeof data !== 'string') return undefined;
  return { tag: 'choice', val: { title: filled(title), data: parseJson(data) === undefined ? JSON.stringify(data) : data } };
}
