// SPDX-License-Identifier: LGPL-2.1-or-later
#include "../src/version.h"
#include "internal.h"

GST_DEBUG_CATEGORY(dmaring_debug);

#define PACKAGE	"dmaring"
#define ORIGIN	"Unknown package origin"

static gboolean prepare(GstPlugin *plugin)
{
	GST_DEBUG_CATEGORY_INIT(dmaring_debug, "dmaringsrc", 0,
				"frames of a PCIe card");
	return gst_element_register(plugin, "dmaringsrc", GST_RANK_NONE,
				    DMARING_TYPE_SRC);
}

GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, dmaring,
		  "Frames of PCIe capture cards, without a copy", prepare,
		  DMARING_VERSION, "LGPL", PACKAGE, ORIGIN)
