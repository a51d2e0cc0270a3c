/* Processor time a sample takes, by kind: bench-loader DIR, or HUMANSEG_DATA/data/train. */
#include "fixture.h"
#include "train/loader.h"

#include <time.h>

static void
bench(const HsegTrainSet *set, const char *name, double synth, double negative)
{
    HsegLoaderOptions o = {.width = 320,
                           .height = 180,
                           .batch = 12,
                           .seed = 1,
                           .threads = 1,
                           .synth_share = synth,
                           .negative_share = negative,
                           .augment = TRUE,
                               .augmentation = 1,
                           .samples = 600};
    g_autoptr(GError) error = NULL;
    g_autoptr(HsegLoader) loader = hseg_loader_new(set, &o, &error);
    clock_t start = clock();

    if (!loader) {
        g_print("%-9s %s\n", name, error->message);
        return;
    }
    hseg_loader_start(loader, 0, 0);
    while (hseg_loader_next(loader))
        continue;
    g_print("%-9s %.2f ms a sample\n", name, 1e3 * (clock() - start) / CLOCKS_PER_SEC / o.samples);
}

int
main(int argc, char **argv)
{
    const char *data = g_getenv("HUMANSEG_DATA");
    g_autofree char *dir =
        argc > 1 ? g_strdup(argv[1]) : g_build_filename(data ? data : ".", "data", "train", NULL);
    g_autoptr(GError) error = NULL;
    gint64 start = g_get_monotonic_time();
    g_autoptr(HsegTrainSet) set = fixture_load(dir, 0, 2, &error);

    if (!set) {
        g_printerr("bench-loader: %s\n", error->message);
        return 1;
    }
    g_print("%u pairs, %u cut-outs, %u backgrounds decoded in %.1f s\n", set->real->len, set->cutouts->len,
            set->backgrounds->len, (g_get_monotonic_time() - start) / 1e6);
    bench(set, "real", 0, 0);
    bench(set, "synthetic", 1, 0);
    bench(set, "negative", 0, 1);
    return 0;
}
