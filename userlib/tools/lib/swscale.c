// SPDX-License-Identifier: MIT
#include "swscale.h"

#include <err.h>
#include <errno.h>

#ifdef SWSCALE_SONAME

#include "shared_library.h"

#include <libswscale/swscale.h>

static typeof(sws_getContext) *get_context;
static typeof(sws_freeContext) *free_context;
static typeof(sws_scale) *scale;

static const struct shared_symbol symbols[] = {
	{ "sws_getContext", (void **)&get_context },
	{ "sws_freeContext", (void **)&free_context },
	{ "sws_scale", (void **)&scale },
	{ 0 },
};

#define FLAGS (SWS_BILINEAR | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT)

static enum AVPixelFormat mosaic_of(const struct dmaring_format_row *row)
{
	bool bytes = row->bits == 8;

	switch (row->order) {
	case DMARING_ORDER_BGGR:
		return bytes ? AV_PIX_FMT_BAYER_BGGR8 :
			       AV_PIX_FMT_BAYER_BGGR16;
	case DMARING_ORDER_GBRG:
		return bytes ? AV_PIX_FMT_BAYER_GBRG8 :
			       AV_PIX_FMT_BAYER_GBRG16;
	case DMARING_ORDER_GRBG:
		return bytes ? AV_PIX_FMT_BAYER_GRBG8 :
			       AV_PIX_FMT_BAYER_GRBG16;
	default:
		return bytes ? AV_PIX_FMT_BAYER_RGGB8 :
			       AV_PIX_FMT_BAYER_RGGB16;
	}
}

static enum AVPixelFormat format_of(const struct dmaring_format_row *row)
{
	switch (row->order) {
	case DMARING_ORDER_RGB:
		return AV_PIX_FMT_RGB24;
	case DMARING_ORDER_BGR:
		return AV_PIX_FMT_BGR24;
	case DMARING_ORDER_YUYV:
		return AV_PIX_FMT_YUYV422;
	case DMARING_ORDER_UYVY:
		return AV_PIX_FMT_UYVY422;
	case DMARING_ORDER_NV12:
		return AV_PIX_FMT_NV12;
	default:
		return mosaic_of(row);
	}
}

static enum AVPixelFormat target_of(enum image_model model, unsigned int bits)
{
	switch (model) {
	case IMAGE_YUV444:
		return AV_PIX_FMT_YUV444P;
	case IMAGE_YUV422:
		return AV_PIX_FMT_YUV422P;
	case IMAGE_YUV420:
		return AV_PIX_FMT_YUV420P;
	default:
		return bits > 8 ? AV_PIX_FMT_RGB48 : AV_PIX_FMT_RGB24;
	}
}

int swscale_open(struct swscale *swscale, const struct dmaring_format_row *row,
		 unsigned int width, unsigned int height,
		 enum image_model model, unsigned int bits)
{
	if (!shared_library_load(SWSCALE_SONAME, symbols,
				 "colours cannot be converted"))
		return -ENOTSUP;
	*swscale = (struct swscale){
		.context = get_context(width, height, format_of(row), width,
				       height, target_of(model, bits), FLAGS,
				       NULL, NULL, NULL),
		.width = width,
		.height = height,
	};
	if (swscale->context)
		return 0;
	warnx("libswscale converts no pictures of %ux%u pixels of %s", width,
	      height, row->name);
	return -EINVAL;
}

int swscale_convert(const struct swscale *swscale,
		    const uint8_t *const from[2], const int strides[2],
		    const struct image *to)
{
	const uint8_t *sources[4] = { from[0], from[1] };
	int source_strides[4] = { strides[0], strides[1] }, target_strides[4] = { 0 };
	uint8_t *targets[4] = { NULL };
	unsigned int i;

	for (i = 0; i < to->planes; i++) {
		targets[i] = (uint8_t *)to->plane[i].bytes;
		target_strides[i] = to->plane[i].stride;
	}
	return scale(swscale->context, sources, source_strides, 0,
		     swscale->height, targets, target_strides) < 0 ? -EINVAL : 0;
}

void swscale_close(struct swscale *swscale)
{
	if (swscale->context)
		free_context(swscale->context);
	swscale->context = NULL;
}

#else /* !SWSCALE_SONAME */

int swscale_open(struct swscale *swscale, const struct dmaring_format_row *row,
		 unsigned int width, unsigned int height,
		 enum image_model model, unsigned int bits)
{
	(void)swscale;
	(void)width;
	(void)height;
	(void)model;
	(void)bits;
	warnx("colours of %s cannot be converted: this program was built without libswscale",
	      row->name);
	return -ENOTSUP;
}

int swscale_convert(const struct swscale *swscale,
		    const uint8_t *const from[2], const int strides[2],
		    const struct image *to)
{
	(void)swscale;
	(void)from;
	(void)strides;
	(void)to;
	return -ENOTSUP;
}

void swscale_close(struct swscale *swscale)
{
	(void)swscale;
}

#endif /* SWSCALE_SONAME */
