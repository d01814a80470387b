// SPDX-License-Identifier: MIT
#include "video.h"
#include "image_y4m.h"

#include <err.h>
#include <errno.h>
#include <stdlib.h>

int video_open(struct video *video, struct frame_row *row,
	       const struct dmaring_format *format)
{
	char head[IMAGE_Y4M_HEAD];
	int err = converter_open(&video->converter, format, CONVERTER_VIDEO);

	if (err)
		return err;
	video->bytes = image_y4m_bytes(&video->converter.image);
	video->packed = malloc(video->bytes);
	if (!video->packed) {
		warnx("no memory for an image of %zu bytes", video->bytes);
		return -ENOMEM;
	}
	return frame_row_begin(row, head,
			       image_y4m_head(head, &video->converter.image,
					      format));
}

int video_write(struct video *video, struct frame_row *row,
		const struct dmaring_frame *frame, const void *data)
{
	const struct image *image;

	if (converter_refuses(&video->converter, frame))
		return -EMSGSIZE;
	image = converter_image(&video->converter, data);
	if (!image) {
		warnx("%s: libswscale cannot convert a frame", row->name);
		return -EINVAL;
	}
	image_y4m_pack(video->packed, image);
	return frame_row_write_made(row, frame, video->packed, video->bytes);
}

void video_close(struct video *video)
{
	converter_close(&video->converter);
	free(video->packed);
	video->packed = NULL;
}
