// SPDX-License-Identifier: LGPL-2.1-or-later
/* dmaring:///dev/dmaring0, for what only takes addresses, as playbin */
#include "internal.h"

#include <string.h>

#define SCHEME "dmaring://"

static GstURIType type_of(GType type)
{
	(void)type;
	return GST_URI_SRC;
}

static const gchar *const *protocols_of(GType type)
{
	static const gchar *const protocols[] = { "dmaring", NULL };

	(void)type;
	return protocols;
}

static gchar *get_uri(GstURIHandler *handler)
{
	gchar *device, *uri;

	g_object_get(handler, "device", &device, NULL);
	uri = g_strconcat(SCHEME, device, NULL);
	g_free(device);
	return uri;
}

static gboolean set_uri(GstURIHandler *handler, const gchar *uri, GError **error)
{
	const gchar *device = uri + strlen(SCHEME);

	if (!g_str_has_prefix(uri, SCHEME)) {
		g_set_error(error, GST_URI_ERROR, GST_URI_ERROR_BAD_URI,
			    "\"%s\" is no address of a stream: write dmaring:///dev/dmaring0",
			    uri);
		return FALSE;
	}
	g_object_set(handler, "device", *device ? device : DEVICE_FIRST, NULL);
	return TRUE;
}

void dmaring_src_prepare_uri(gpointer interface, gpointer data)
{
	GstURIHandlerInterface *handler = interface;

	(void)data;
	handler->get_type = type_of;
	handler->get_protocols = protocols_of;
	handler->get_uri = get_uri;
	handler->set_uri = set_uri;
}
