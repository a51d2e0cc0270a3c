#include "cli/bench-train.h"

#include "cli/cli.h"
#include "train/bench.h"

#define STEPS 8 /* the median of them counts */

static gboolean
save_report(const HsegTrainBench *b, int batch, int threads, const char *file, GError **error)
{
    g_autoptr(JsonBuilder) j = json_builder_new();

    json_builder_begin_object(j);
    hseg_cli_add_int(j, "batch", batch);
    hseg_cli_add_int(j, "threads", threads);
    hseg_cli_add_number(j, "images_per_second", b->images_per_second);
    hseg_cli_add_number(j, "gflops", b->gflops);
    json_builder_set_member_name(j, "stages");
    json_builder_begin_object(j);
    hseg_cli_add_number(j, "forward", b->forward_ms);
    hseg_cli_add_number(j, "loss", b->loss_ms);
    hseg_cli_add_number(j, "backward", b->backward_ms);
    hseg_cli_add_number(j, "step", b->step_ms);
    json_builder_end_object(j);
    json_builder_end_object(j);
    return hseg_cli_save_json(j, file, error);
}

gboolean
hseg_bench_train(const HsegArch *arch, int batch, int threads, const char *json, GError **error)
{
    HsegTrainBench b;

    if (!hseg_train_bench(arch, batch, threads, STEPS, &b, error))
        return FALSE;
    g_print("training %dx%d, batches of %d, %d %s, median of %d steps\n", arch->width, arch->height, batch,
            threads, threads == 1 ? "thread" : "threads", STEPS);
    g_print("  forward  %8.1f ms\n  loss     %8.1f ms\n  backward %8.1f ms\n  step     %8.1f ms\n",
            b.forward_ms, b.loss_ms, b.backward_ms, b.step_ms);
    g_print("  %.1f images/s at %.1f GFLOP/s\n", b.images_per_second, b.gflops);
    return !json || save_report(&b, batch, threads, json, error);
}
