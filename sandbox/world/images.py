"""The size of a picture, read from the first bytes of the file. Nothing is decoded."""

import struct

IMAGE_TYPES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}
# SOF markers; the three that are left out are tables.
_JPEG_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}


def picture_size(content: bytes) -> tuple[str, int, int] | None:
    """Media type, width and height in pixels of a PNG, JPEG or GIF; None for anything else."""
    kind = next((kind for magic, kind in IMAGE_TYPES.items() if content.startswith(magic)), None)
    try:
        if kind == "image/png":
            return kind, *struct.unpack(">II", content[16:24])
        if kind == "image/gif":
            return kind, *struct.unpack("<HH", content[6:10])
        if kind == "image/jpeg":
            return kind, *_jpeg_size(content)
    except struct.error:  # cut off in the middle
        pass
    return None


def _jpeg_size(content: bytes) -> tuple[int, int]:
    """Width and height from the first frame header. Raises struct.error if there is none."""
    at = 2
    while True:
        marker, length = struct.unpack(">xBH", content[at : at + 4])
        if marker in _JPEG_FRAMES:
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return width, height
        at += 2 + length
