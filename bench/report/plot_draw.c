// SPDX-License-Identifier: GPL-2.0-or-later
/* One plot: its data file, its script, the drawing of both pictures. */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/engine/paths.h"
#include "bench/report/palette.h"
#include "bench/report/plot_impl.h"

static const char no_gnuplot[] = "gnuplot is not installed: install gnuplot-nox";

static void fail(struct vb_plotter *p, int error, const char *what)
{
	if (p->error)
		return;
	p->error = error;
	snprintf(p->err, sizeof(p->err), "%.400s: %s", what, strerror(-error));
}

/* Grows by one, all empty. NULL: -ENOMEM is noted. */
static struct vb_plot *new_plot(struct vb_plotter *p, const char *title)
{
	struct vb_plot *all = p->error ? NULL :
		realloc(p->plots->plot, (p->plots->nr + 1) * sizeof(*all));

	if (!all) {
		fail(p, -ENOMEM, "plots");
		return NULL;
	}
	p->plots->plot = all;
	all += p->plots->nr++;
	memset(all, 0, sizeof(*all));
	snprintf(all->title, sizeof(all->title), "%s", title);
	return all;
}

/* Words of job files and results become file names and ids. */
static void sanitise(char *stem)
{
	char *to = stem;

	for (const char *from = stem; *from; from++) {
		unsigned char c = (unsigned char)tolower((unsigned char)*from);

		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			*to++ = (char)c;
		else if (to > stem && to[-1] != '-')
			*to++ = '-';
	}
	while (to > stem && to[-1] == '-')
		to--;
	*to = '\0';
}

void vb_plot_leave_out(struct vb_plotter *p, const char *stem, const char *title, const char *why,
		       ...)
{
	struct vb_plot *plot = new_plot(p, title);
	va_list ap;

	if (!plot)
		return;
	snprintf(plot->stem, sizeof(plot->stem), "%s", stem);
	va_start(ap, why);
	vsnprintf(plot->left_out, sizeof(plot->left_out), why, ap);
	va_end(ap);
}

static FILE *open_for(struct vb_plotter *p, const char *stem, const char *suffix, const char *mode)
{
	char path[4300];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s%s", p->out, stem, suffix);
	file = fopen(path, mode);
	if (!file)
		fail(p, -errno, path);
	return file;
}

/* Two metrics whose names differ in what a file name can't hold. */
static void make_unique(struct vb_plots *plots, struct vb_plot *plot)
{
	size_t length = strlen(plot->stem);

	for (size_t i = 0, number = 2; i + 1 < plots->nr; i++)
		if (!strcmp(plots->plot[i].stem, plot->stem) && length < sizeof(plot->stem) - 8) {
			snprintf(plot->stem + length, 8, "-%zu", number++ % 100000);
			i = 0;
		}
}

bool vb_drawing_begin(struct vb_plotter *p, struct vb_drawing *d, const char *kind,
		      const char *title, const char *stem, ...)
{
	struct vb_plot *plot = new_plot(p, title);
	va_list ap;

	memset(d, 0, sizeof(*d));
	if (!plot)
		return false;
	va_start(ap, stem);
	vsnprintf(plot->stem, sizeof(plot->stem) - 8, stem, ap);
	va_end(ap);
	sanitise(plot->stem);
	make_unique(p->plots, plot);
	if (p->no_gnuplot) {
		snprintf(plot->left_out, sizeof(plot->left_out), "%s", no_gnuplot);
		return false;
	}
	d->plotter = p;
	d->index = p->plots->nr - 1;
	d->kind = kind;
	d->data = open_for(p, plot->stem, ".tsv", "we");
	d->settings = open_memstream(&d->text, &d->length);
	if (!d->settings)
		fail(p, -ENOMEM, "plots");
	if (d->data && d->settings) {
		vb_drawing_text(d, "stem", "%s", plot->stem);
		vb_drawing_text(d, "heading", "%s", title);
		return true;
	}
	if (d->data)
		fclose(d->data);
	if (d->settings)
		fclose(d->settings);
	free(d->text);
	return false;
}

struct vb_plot *vb_drawing_plot(const struct vb_drawing *d)
{
	return &d->plotter->plots->plot[d->index];
}

/* gnuplot takes what stands in single quotes as it is, a doubled one for one. */
static void quote(FILE *out, const char *text)
{
	fputc('\'', out);
	for (; *text; text++) {
		if (*text == '\'')
			fputc('\'', out);
		fputc((unsigned char)*text < ' ' ? ' ' : *text, out);
	}
	fputc('\'', out);
}

void vb_drawing_text(struct vb_drawing *d, const char *name, const char *format, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	fprintf(d->settings, "%s = ", name);
	quote(d->settings, text);
	fputc('\n', d->settings);
}

void vb_drawing_number(struct vb_drawing *d, const char *name, double value)
{
	fprintf(d->settings, "%s = %.15g\n", name, value);
}

void vb_drawing_field(struct vb_drawing *d, const char *text)
{
	for (; *text; text++)
		fputc((unsigned char)*text < ' ' || *text == '"' ? ' ' : *text, d->data);
}

void vb_drawing_series(struct vb_drawing *d, size_t nr, const size_t *arm, const char *const *label)
{
	vb_drawing_number(d, "nr", (double)nr);
	fprintf(d->settings, "array label[%zu]\narray colour[%zu]\narray point[%zu]\n", nr, nr, nr);
	for (size_t i = 0; i < nr; i++) {
		fprintf(d->settings, "label[%zu] = ", i + 1);
		quote(d->settings, label[i]);
		fprintf(d->settings, "; colour[%zu] = 0x%s; point[%zu] = %d\n", i + 1,
			vb_palette_colour(arm[i]) + 1, i + 1, vb_palette_point(arm[i]));
	}
}

struct vb_plot_unit vb_plot_unit(const struct vb_plotter *p, double most)
{
	static const struct vb_plot_unit times[] = {
		{ 1, "ns" }, { 1e3, "µs" }, { 1e6, "ms" }, { 1e9, "s" }
	};
	static const struct vb_plot_unit instructions[] = {
		{ 1, "instructions" }, { 1e3, "thousand instructions" },
		{ 1e6, "million instructions" }, { 1e9, "billion instructions" }
	};
	size_t i = 0;

	while (i < 3 && most >= 10000 * (p->exact ? instructions : times)[i].scale)
		i++;
	return p->exact ? instructions[i] : times[i];
}

struct vb_plot_unit vb_plot_rate_unit(double most)
{
	static const struct vb_plot_unit units[] = {
		{ 1, "" }, { 1e3, "thousand " }, { 1e6, "million " }, { 1e9, "billion " }
	};
	size_t i = 0;

	while (i < 3 && most >= 10000 * units[i].scale)
		i++;
	return units[i];
}

static void tick(struct vb_drawing *d, double value, bool first)
{
	fprintf(d->settings, "%s\"%.10g\" %.10g", first ? "" : ", ", value, value);
}

/* 1, 2 and 5 of each decade; of many decades the 1 alone. */
static void log_ticks(struct vb_drawing *d, double low, double high)
{
	double decades = log10(high / low);
	int step = decades > 12 ? 3 : decades > 6 ? 2 : 1;
	bool first = true;

	for (int n = (int)floor(log10(low)); n <= (int)ceil(log10(high)); n++)
		for (int m = 1; m <= 5; m += m == 1 ? 1 : 3) {
			double value = m * pow(10, n);

			if (value < low * 0.999 || value > high * 1.001 ||
			    (m > 1 && decades > 2.2) || (m == 1 && n % step))
				continue;
			tick(d, value, first);
			first = false;
		}
}

/* The next 1, 2 or 5 below or above, so that an axis ends at a tick. */
static double round_to_tick(double value, bool up)
{
	static const double steps[] = { 1, 2, 5, 10 };
	double decade = pow(10, floor(log10(value)));
	int i;

	if (up) {
		for (i = 0; i < 3 && steps[i] * decade < value * 0.9999; i++)
			;
	} else {
		for (i = 3; i > 0 && steps[i] * decade > value * 1.0001; i--)
			;
	}
	return steps[i] * decade;
}

/* Three to nine, at multiples of 1, 2 or 5. */
static void linear_ticks(struct vb_drawing *d, double low, double high)
{
	double step = round_to_tick((high - low) / 8, true);
	bool first = true;

	/* Counted, too: far from zero the next number may be the same one. */
	for (int i = 0; i < 10; i++) {
		double n = ceil(low / step - 1e-9) + i;

		if (n * step > high + 1e-9 * fabs(high))
			break;
		tick(d, n * step + 0.0, first);	/* not -0 */
		first = false;
	}
}

static void set_axis(struct vb_drawing *d, const char *name, double low, double high, bool log)
{
	char text[64];

	snprintf(text, sizeof(text), "%s_log", name);
	vb_drawing_number(d, text, log);
	snprintf(text, sizeof(text), "%s_low", name);
	vb_drawing_number(d, text, low);
	snprintf(text, sizeof(text), "%s_high", name);
	vb_drawing_number(d, text, high);
	fprintf(d->settings, "%s_ticks = '", name);
	if (log)
		log_ticks(d, low, high);
	else
		linear_ticks(d, low, high);
	fputs("'\n", d->settings);
}

void vb_drawing_axis(struct vb_drawing *d, const char *name, double low, double high,
		     enum vb_axis kind)
{
	double room;

	if (!isfinite(low) || !isfinite(high))
		low = high = 0;
	if (low > 0 && (kind == VB_AXIS_LOG || (kind == VB_AXIS_AUTO && high > 20 * low))) {
		low = round_to_tick(low, false);
		high = round_to_tick(high, true);
		set_axis(d, name, low, high > low ? high : low * 10, true);
		return;
	}
	if (kind != VB_AXIS_TIGHT) {
		low = low < 0 ? low : 0;
		high = high > 0 ? high : 0;
	}
	room = high > low ? 0.08 * (high - low) : high ? 0.1 * fabs(high) : 1;
	if (kind == VB_AXIS_TIGHT || low)
		low -= room;
	if (kind == VB_AXIS_TIGHT || high || low == high)
		high += room;
	set_axis(d, name, low, high, false);
}

static bool copy_script(struct vb_plotter *p, const char *kind, FILE *to)
{
	char path[4300], line[512];
	FILE *from;

	snprintf(path, sizeof(path), "%s/%s.gp", vb_path_gnuplot_dir(), kind);
	from = fopen(path, "re");
	if (!from) {
		fail(p, -errno, path);
		return false;
	}
	while (fgets(line, sizeof(line), from))
		if (strncmp(line, "# SPDX", 6))
			fputs(line, to);
	fclose(from);
	return true;
}

/* Everything in one file, so that a plot can be drawn again, and altered, anywhere. */
static bool write_script(struct vb_drawing *d, const char *stem)
{
	struct vb_plotter *p = d->plotter;
	FILE *file = open_for(p, stem, ".gp", "we");
	bool good;

	if (!file)
		return false;
	fprintf(file,
		"# Made by vfio-bench: gnuplot -d %s.gp draws %s.svg and %s.png from %s.tsv.\n",
		stem, stem, stem, stem);
	fwrite(d->text, 1, d->length, file);
	fputs("do for [picture in 'svg png'] {\n", file);
	good = copy_script(p, "style", file) && copy_script(p, d->kind, file);
	fputs("unset output\n}\n", file);
	if (fclose(file) && good)
		fail(p, -errno, stem);
	return good && !p->error;
}

static void draw(struct vb_drawing *d)
{
	struct vb_plotter *p = d->plotter;
	struct vb_plot *plot = vb_drawing_plot(d);
	char script[128], path[4300], said[512];
	const char *argv[] = { "gnuplot", "-d", script, NULL };
	int ret;

	snprintf(script, sizeof(script), "%s.gp", plot->stem);
	snprintf(path, sizeof(path), "%s/%s.svg", p->out, plot->stem);
	ret = vb_plot_exec(p->out, argv, said, sizeof(said));
	if (!ret)
		ret = vb_plot_tidy_svg(path, plot->stem, plot->title, plot->alt);
	if (!ret)
		return;
	p->no_gnuplot = ret == -ENOENT;
	if (ret == -ENOENT)
		snprintf(plot->left_out, sizeof(plot->left_out), "%s", no_gnuplot);
	else
		snprintf(plot->left_out, sizeof(plot->left_out), "gnuplot: %s: %.200s",
			 strerror(-ret), said);
	unlink(path);
}

void vb_drawing_end(struct vb_drawing *d)
{
	struct vb_plotter *p = d->plotter;
	const char *stem = vb_drawing_plot(d)->stem;

	if (ferror(d->data) | fclose(d->data))
		fail(p, -EIO, stem);
	fclose(d->settings);
	if (!p->error && write_script(d, stem))
		draw(d);
	free(d->text);
}
