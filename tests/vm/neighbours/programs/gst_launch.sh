#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Pipelines that people write: to PNG, to FFV1 in Matroska, to a file and beside it a viewer;
# and OpenCV. What comes out must be what the card made: the ramp of dmaring/pattern.h.
# shellcheck disable=SC2317 # functions that ok calls

. "$TOP/tests/lib/tap.sh"
cd /mnt || exit

gst() # PIPELINE: quietly, unless it fails
{
	gst-launch-1.0 "$@" >said 2>&1 || {
		sed 's/^/# /' said
		return 1
	}
}

# Does a file have so many frames of 64 x 32 in it, whole and in order?
frames() # COUNT FILE
{
	python3 - "$@" <<'END'
import sys

count, data = int(sys.argv[1]), open(sys.argv[2], "rb").read()
size = 64 * 32
numbers = []
for at in range(0, len(data), size):
    frame, first = data[at:at + size], data[at]
    numbers.append(first)
    expected = bytes((first + i + (i >> 8)) & 255 for i in range(size))
    if frame != expected:
        sys.exit(f"# frame {at // size} is not the card's")
steps = [(b - a) & 255 for a, b in zip(numbers, numbers[1:])]
if len(data) != count * size or 0 in steps:
    sys.exit(f"# {len(data)} bytes, steps {set(steps)}")
END
}

inspected()
{
	gst-inspect-1.0 dmaringsrc >said && for word in recorder framerate max-held stats \
		video/x-raw audio/x-raw x-bayer GstURIHandler; do
		grep -q "$word" said || return
	done
}

pictures()
{
	gst dmaringsrc num-buffers=3 ! videoconvert ! pngenc snapshot=false ! \
		multifilesink location=%d.png &&
		gst multifilesrc location=%d.png stop-index=2 caps=image/png,framerate=1/1 ! \
			pngdec ! videoconvert ! video/x-raw,format=GRAY8 ! \
			filesink location=pictures &&
		frames 3 pictures
}

lossless()
{
	gst dmaringsrc recorder=true num-buffers=50 ! avenc_ffv1 ! matroskamux ! \
		filesink location=film.mkv &&
		gst filesrc location=film.mkv ! matroskademux ! avdec_ffv1 ! \
			video/x-raw,format=GRAY8 ! filesink location=film &&
		frames 50 film
}

two_ways()
{
	gst dmaringsrc recorder=true num-buffers=200 ! tee name=both ! queue ! \
		filesink location=both both. ! queue leaky=downstream max-size-buffers=1 ! \
		videoconvert ! video/x-raw,format=RGB ! fakesink sync=false &&
		frames 200 both
}

opencv()
{
	python3 - <<'END'
import sys

import cv2

capture = cv2.VideoCapture("dmaringsrc ! videoconvert ! video/x-raw,format=BGR ! appsink",
                           cv2.CAP_GSTREAMER)
for _ in range(5):
    good, picture = capture.read()
    if not good or picture.shape != (32, 64, 3):
        sys.exit("# no picture")
    first = int(picture[0, 0, 0])
    grey = picture[:, :, 0].tobytes()
    if grey != bytes((first + i + (i >> 8)) & 255 for i in range(64 * 32)):
        sys.exit("# another picture")
capture.release()
END
}

dmaring set /dev/dmaring0 TestPattern=ramp >said 2>&1 || sed 's/^/# /' said
ok "gst-inspect tells all of it" inspected
ok "frames as PNG files" pictures
if gst-inspect-1.0 avenc_ffv1 >/dev/null 2>&1; then
	ok "frames as FFV1 in Matroska, and back" lossless
else
	skip "no gstreamer1.0-libav: no FFV1"
fi
ok "every frame into a file, and a viewer that may be late" two_ways
# An import of it that fails for another reason is no skip.
if [ -e /usr/lib/python3/dist-packages/cv2 ] || ls /usr/lib/python3/dist-packages/cv2.* >/dev/null 2>&1; then
	ok "OpenCV's VideoCapture" opencv
else
	skip "no python3-opencv"
fi
dmaring set /dev/dmaring0 TestPattern=noise >said 2>&1
done_testing
