#include "cli/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#define BAR      24 /* columns */
#define INTERVAL (G_TIME_SPAN_SECOND / 10)

struct HsegProgress {
    char *what;
    char *note;
    gint64 done, total;
    gint64 start, drawn; /* microseconds */
    gboolean shown;
};

HsegProgress *
hseg_progress_new(const char *what, gint64 total)
{
    HsegProgress *p = g_new0(HsegProgress, 1);

    p->what = g_strdup(what);
    p->total = total;
    p->start = g_get_monotonic_time();
    p->shown = isatty(STDERR_FILENO);
    return p;
}

static char *
clock_time(double seconds)
{
    gint64 s = (gint64)(seconds + 0.5);

    if (s >= 3600)
        return g_strdup_printf("%" G_GINT64_FORMAT ":%02d:%02d", s / 3600, (int)(s / 60 % 60), (int)(s % 60));
    return g_strdup_printf("%d:%02d", (int)(s / 60), (int)(s % 60));
}

/* Cuts @line to @columns characters. */
static char *
cut(GString *line, int columns)
{
    char *end = line->str;

    for (int i = 0; i < columns && *end; i++)
        end = g_utf8_next_char(end);
    g_string_truncate(line, (gsize)(end - line->str));
    return g_string_free(line, FALSE);
}

char *
hseg_progress_line(const char *what, gint64 done, gint64 total, double seconds, const char *note, int columns)
{
    GString *line = g_string_new(what);
    double part = total > 0 ? CLAMP((double)done / (double)total, 0, 1) : 1;
    g_autofree char *time = clock_time(done > 0 && part < 1 ? seconds * (1 - part) / part : seconds);

    g_string_append(line, " [");
    for (int i = 0; i < BAR; i++)
        g_string_append_c(line, i < (int)(part * BAR) ? '#' : '.');
    g_string_append_printf(line, "] %3d %% %" G_GINT64_FORMAT "/%" G_GINT64_FORMAT, (int)(part * 100), done,
                           total);
    if (done > 0)
        g_string_append_printf(line, " %s%s", time, part < 1 ? " left" : "");
    if (note)
        g_string_append_printf(line, "  %s", note);
    return cut(line, columns);
}

static int
terminal_columns(void)
{
    struct winsize size;

    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1 : 79;
}

static void
draw(HsegProgress *p)
{
    double seconds = (double)(g_get_monotonic_time() - p->start) / G_TIME_SPAN_SECOND;
    g_autofree char *line =
        hseg_progress_line(p->what, p->done, p->total, seconds, p->note, terminal_columns());

    g_printerr("\r%s\033[K", line);
}

void
hseg_progress_set(HsegProgress *p, gint64 done, const char *note)
{
    gint64 now = g_get_monotonic_time();

    p->done = done;
    g_free(p->note);
    p->note = g_strdup(note);
    if (!p->shown || (p->drawn && now - p->drawn < INTERVAL))
        return;
    p->drawn = now;
    draw(p);
}

void
hseg_progress_free(HsegProgress *p)
{
    if (!p)
        return;
    if (p->shown && p->drawn) {
        draw(p);
        g_printerr("\n");
    }
    g_free(p->what);
    g_free(p->note);
    g_free(p);
}
