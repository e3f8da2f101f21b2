// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An SVG of gnuplot's or lstopo's made fit for a page that holds several: ids of
 * its own, nothing from outside, colours that follow the page.
 */
#include <errno.h>
#include <fcntl.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/report/plot_impl.h"

/* What scripts/gnuplot/style.gp draws text and axes in; no data has it. */
#define INK "rgb(1,2,3)"

/* The file alone is a page of its own; inside another one :root is that page's. */
static const char alone[] =
	"svg.vb-plot:root{color:#202020;background:#fff}"
	"@media (prefers-color-scheme:dark){svg.vb-plot:root{color:#e8e8e8;background:#16191d}}";

static bool is(const xmlChar *name, const char *text)
{
	return !strcmp((const char *)name, text);
}

static void set(xmlNode *node, const char *name, const char *value)
{
	xmlSetProp(node, (const xmlChar *)name, (const xmlChar *)value);
}

/* Text without blanks: gnuplot writes "rgb(  1,   2,   3)". */
static void squeeze(const char *from, char *to, size_t size)
{
	size_t used = 0;

	for (; *from && used + 1 < size; from++)
		if (*from != ' ')
			to[used++] = *from;
	to[used] = '\0';
}

static bool is_colour(const xmlChar *name)
{
	return is(name, "fill") || is(name, "stroke") || is(name, "color");
}

/*
 * Ink is the page's.  gnuplot's groups have a "color" that their lines refer
 * to; black and its greys there mean no more than the default.
 */
static void tidy_colour(xmlNode *node, xmlAttr *attr, const char *value)
{
	char text[64];

	squeeze(value, text, sizeof(text));
	if (!is(attr->name, "color"))
		xmlSetProp(node, attr->name, (const xmlChar *)(!strcmp(text, INK) ? "currentColor" :
							       text));
	else if (!strcmp(text, INK) || text[0] == 'b' || text[0] == 'g' || text[0] == 'w')
		xmlRemoveProp(attr);
	else
		xmlSetProp(node, attr->name, (const xmlChar *)text);
}

/* "#x" or "url(#x)": the id is the file's own. */
static void tidy_reference(xmlNode *node, xmlAttr *attr, const char *value, const char *stem)
{
	bool href = is(attr->name, "href");
	char text[256];

	/* The one that stands for another name space's. */
	if (href && !attr->ns)
		return;
	if (href && value[0] == '#') {
		snprintf(text, sizeof(text), "#%s-%s", stem, value + 1);
		xmlRemoveProp(attr);
		set(node, "href", text);
	} else if (href) {
		xmlRemoveProp(attr);
	} else {
		snprintf(text, sizeof(text), "url(#%s-%s", stem, value + strlen("url(#"));
		xmlSetProp(node, attr->name, (const xmlChar *)text);
	}
}

static void tidy_attribute(xmlNode *node, xmlAttr *attr, const char *stem)
{
	char *value = (char *)xmlNodeGetContent((xmlNode *)attr);
	char text[256];

	if (!value)
		return;
	if (is(attr->name, "id")) {
		snprintf(text, sizeof(text), "%s-%s", stem, value);
		set(node, "id", text);
	} else if (is(attr->name, "href") || !strncmp(value, "url(#", 5)) {
		tidy_reference(node, attr, value, stem);
	} else if (!strncmp((const char *)attr->name, "on", 2)) {
		xmlRemoveProp(attr);
	} else if (is(attr->name, "class")) {
		/* Names of lstopo's and gnuplot's, that the page may mean otherwise. */
		xmlRemoveProp(attr);
		if (!strcmp(value, "gridline"))
			set(node, "opacity", "0.25");
	} else if (is_colour(attr->name)) {
		tidy_colour(node, attr, value);
	}
	xmlFree(value);
}

/* Of no use here, or not to be in a page at all. */
static bool unwanted(const xmlNode *node)
{
	static const char *const names[] = { "script", "filter", "title", "desc", "style",
					     "metadata", "foreignObject" };

	if (node->type == XML_COMMENT_NODE || node->type == XML_PI_NODE)
		return true;
	if (node->type != XML_ELEMENT_NODE)
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (is(node->name, names[i]))
			return true;
	return false;
}

static void tidy_tree(xmlNode *node, const char *stem)
{
	xmlNode *child, *next;
	xmlAttr *attr, *after;

	for (attr = node->properties; attr; attr = after) {
		after = attr->next;
		tidy_attribute(node, attr, stem);
	}
	for (child = node->children; child; child = next) {
		next = child->next;
		if (!unwanted(child) && child->type == XML_ELEMENT_NODE)
			tidy_tree(child, stem);
		/* gnuplot leaves a group for each pen that it did not use. */
		if (unwanted(child) || (child->type == XML_ELEMENT_NODE && is(child->name, "g") &&
					!xmlChildElementCount(child))) {
			xmlUnlinkNode(child);
			xmlFreeNode(child);
		}
	}
}

/* The size as a viewBox, in plain numbers (lstopo has "px" in it): the page says how wide it is. */
static bool tidy_size(xmlNode *root)
{
	char *box = (char *)xmlGetProp(root, (const xmlChar *)"viewBox");
	double width = 0, height = 0;
	char text[128];

	if (box)
		sscanf(box, "0 0 %lf%*[px ]%lf", &width, &height);
	xmlFree(box);
	while (root->properties)
		xmlRemoveProp(root->properties);
	snprintf(text, sizeof(text), "0 0 %g %g", width, height);
	set(root, "viewBox", text);
	return width > 0 && height > 0;
}

static void add_words(xmlNode *root, const char *stem, const char *title, const char *text)
{
	xmlNode *first = root->children, *node;
	char id[128], both[300];

	set(root, "class", "vb-plot");
	set(root, "role", "img");
	snprintf(both, sizeof(both), "%s-title %s-desc", stem, stem);
	set(root, "aria-labelledby", both);
	for (int i = 0; i < 3; i++) {
		static const char *const names[] = { "title", "desc", "style" };
		const char *const words[] = { title, text, alone };

		node = xmlNewTextChild(root, root->ns, (const xmlChar *)names[i],
				       (const xmlChar *)words[i]);
		if (node && i < 2) {
			snprintf(id, sizeof(id), "%s-%s", stem, names[i]);
			set(node, "id", id);
		}
		if (node && first)
			xmlAddPrevSibling(first, node);
	}
}

/* Without the prolog, which a page can't have in its midst. */
static int write_root(xmlDoc *doc, xmlNode *root, const char *path)
{
	xmlBuffer *buffer = xmlBufferCreate();
	FILE *file = fopen(path, "we");
	int ret = file ? 0 : -errno;

	if (!ret && (!buffer || xmlNodeDump(buffer, doc, root, 0, 0) < 0))
		ret = -ENOMEM;
	if (!ret)
		fprintf(file, "%s\n", (const char *)xmlBufferContent(buffer));
	if (file && fclose(file) && !ret)
		ret = -errno;
	xmlBufferFree(buffer);
	return ret;
}

int vb_plot_tidy_svg(const char *path, const char *stem, const char *title, const char *text)
{
	xmlDoc *doc = xmlReadFile(path, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR |
				  XML_PARSE_NOWARNING | XML_PARSE_NOBLANKS | XML_PARSE_HUGE);
	xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
	int ret = -EINVAL;

	if (root && is(root->name, "svg") && tidy_size(root)) {
		tidy_tree(root, stem);
		/* xlink, which nothing refers to any more. */
		if (root->nsDef && root->ns == root->nsDef) {
			xmlFreeNsList(root->nsDef->next);
			root->nsDef->next = NULL;
		}
		add_words(root, stem, title, text);
		ret = write_root(doc, root, path);
	}
	xmlFreeDoc(doc);
	return ret;
}
