"""Pictures, films, files and stickers.

Viber fetches media by itself from a URL. What it has no message for, or would not take, becomes a link in a text.
"""

import math
from urllib.parse import quote

from bubble import Bubble, texts
from trunkline.contract import (
    MediaKind_Audio,
    MediaKind_File,
    MediaKind_Image,
    MediaKind_Sticker,
    MediaKind_Video,
    MediaKind_Voice,
    MediaSource_Url,
)
from trunkline.failure import refuse
from trunkline.sending import attribute
from trunkline.split import length

# Megabytes are reckoned as the smaller ones: a link arrives, a file too large does not.
PICTURE_BYTES_MAX = 1_000_000
VIDEO_BYTES_MAX = 26_000_000
FILE_BYTES_MAX = 50_000_000
PICTURE_TYPES = ("image/jpeg", "image/jpg", "image/png", "image/gif")
VIDEO_TYPES = ("video/mp4",)
CAPTION_UNITS_MAX = 512
NAME_UNITS_MAX = 256
# What stays as it is in a URL: it is encoded already, or means something there.
URL_LETTERS = "%/:=&?~#+!$,;'@()*[]"
NAMES = {
    MediaKind_Image: "picture",
    MediaKind_Video: "video",
    MediaKind_Audio: "sound",
    MediaKind_Voice: "voice note",
    MediaKind_File: "file",
    MediaKind_Sticker: "sticker",
}


def bubbles(part, media):
    """The attachment, then its caption where it has no place in it."""
    url = address(part, media)
    caption = media.caption if media.caption and media.caption.strip() else None
    content, notes, why = rendered(media, url)
    if content is None:
        name = media.name if media.name and media.name.strip() else None
        note = f"the {NAMES.get(type(media.kind), 'attachment')} is a link: {why}"
        found = [bubble.noted(note) for bubble in texts(part, f"{name}\n{url}" if name else url)]
    else:
        found = [Bubble(part, content).noted(*notes)]
        if content["type"] == "picture":
            fits = caption is None or length(caption, "utf16") <= CAPTION_UNITS_MAX
            # Missing, it is an error.
            content["text"] = (caption or "") if fits else ""
            caption = None if fits else caption
    if caption:
        note = "the caption follows as a text: Viber has captions of pictures only, of up to 512 characters"
        found += [bubble.noted(note) for bubble in texts(part, caption)]
    return found


def address(part, media):
    """Where Viber fetches it from."""
    if not isinstance(media.source, MediaSource_Url):
        raise refuse("unsupported", f"part {part}: Viber takes media by URL only")
    url = media.source.value
    if not url.startswith(("https://", "http://")):
        raise refuse("unsupported", f"part {part}: the media's URL is not `https://`")
    # The name of a host is not encoded in this way.
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host}{slash}{quote(path, safe=URL_LETTERS)}"


def rendered(media, url):
    """Viber's message, what is not as asked for; or why there is none."""
    declared = (media.content_type or "").split(";")[0].strip().lower()
    sticker = attribute(media, "sticker_id")
    if isinstance(media.kind, MediaKind_Sticker) and sticker and sticker.isascii() and sticker.isdigit():
        return {"type": "sticker", "sticker_id": int(sticker[:18])}, [], None
    if isinstance(media.kind, (MediaKind_Image, MediaKind_Sticker)):
        why = picture_refused(media, declared)
        if why is None:
            notes = [] if isinstance(media.kind, MediaKind_Image) else ["the sticker is a picture: it has no `sticker_id`"]
            return {"type": "picture", "media": url, **thumbnail(media)}, notes, None
    elif isinstance(media.kind, MediaKind_Video):
        why = video_refused(media, declared)
        if why is None:
            lasting = {"duration": math.ceil(media.duration_ms / 1000)} if media.duration_ms else {}
            return {"type": "video", "media": url, "size": media.size, **lasting, **thumbnail(media)}, [], None
    else:
        why = None
    missing = file_refused(media)
    if missing:
        return None, [], why or missing
    notes = [] if isinstance(media.kind, MediaKind_File) else [f"the {NAMES.get(type(media.kind), 'attachment')} is a file"]
    if why:
        notes = [f"{notes[0]}: {why}"]
    return {"type": "file", "media": url, "size": media.size, "file_name": media.name}, notes, None


def picture_refused(media, declared):
    """Why it cannot be a picture."""
    if declared and declared not in PICTURE_TYPES:
        return "Viber's pictures are JPEG, PNG or GIF"
    if media.size is not None and media.size > PICTURE_BYTES_MAX:
        return "Viber's pictures have up to 1 MB"
    return None


def video_refused(media, declared):
    """Why it cannot be a video."""
    if declared and declared not in VIDEO_TYPES:
        return "Viber's videos are MP4"
    if not media.size:
        return "Viber needs its size"
    return "Viber's videos have up to 26 MB" if media.size > VIDEO_BYTES_MAX else None


def file_refused(media):
    """Why it cannot be a file."""
    name = media.name or ""
    stem, dot, ending = name.rpartition(".")
    if not (stem and dot and ending):
        return "Viber needs its name with an extension"
    if length(name, "utf16") > NAME_UNITS_MAX:
        return "Viber's files have names of up to 256 characters"
    if not media.size:
        return "Viber needs its size"
    return "Viber's files have up to 50 MB" if media.size > FILE_BYTES_MAX else None


def thumbnail(media):
    """What is shown before it is there."""
    url = attribute(media, "thumbnail")
    return {"thumbnail": url} if url and url.startswith("https://") else {}
