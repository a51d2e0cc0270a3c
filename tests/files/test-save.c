/* Files are written whole or not at all, and nothing but a file is written over. */
#include "files/save.h"

#include "../folder.h"
#include <humanseg/error.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    char *dir, *file;
} Fixture;

static void
set_up(Fixture *f, gconstpointer data)
{
    f->dir = g_dir_make_tmp("humanseg-XXXXXX", NULL);
    f->file = g_build_filename(f->dir, "file", NULL);
}

static void
tear_down(Fixture *f, gconstpointer data)
{
    remove_folder(f->dir);
    g_free(f->dir);
    g_free(f->file);
}

static int
count_files(const char *dir)
{
    g_autoptr(GDir) open = g_dir_open(dir, 0, NULL);
    int n = 0;

    while (g_dir_read_name(open))
        n++;
    return n;
}

static void
assert_content(const char *file, const char *expected)
{
    g_autofree char *content = NULL;

    g_assert_true(g_file_get_contents(file, &content, NULL, NULL));
    g_assert_cmpstr(content, ==, expected);
}

static void
assert_refused(const char *path)
{
    g_autoptr(GError) check = NULL, save = NULL;

    g_assert_false(hseg_save_check(path, &check));
    g_assert_error(check, HSEG_ERROR, HSEG_ERROR_FILE);
    g_assert_nonnull(strstr(check->message, path));
    g_assert_false(hseg_save_file(path, "new", 3, FALSE, &save));
    g_assert_error(save, HSEG_ERROR, HSEG_ERROR_FILE);
    g_assert_nonnull(strstr(save->message, path));
}

static void
test_file(Fixture *f, gconstpointer data)
{
    g_assert_true(hseg_save_check(f->file, NULL));
    g_assert_true(hseg_save_file(f->file, "one", 3, FALSE, NULL));
    assert_content(f->file, "one");
    g_assert_true(hseg_save_check(f->file, NULL));
    g_assert_true(hseg_save_file(f->file, "three", 5, TRUE, NULL));
    assert_content(f->file, "three");
    g_assert_cmpint(count_files(f->dir), ==, 1);
}

/* What a link leads to is written; the link stays one. */
static void
test_link(Fixture *f, gconstpointer data)
{
    g_autofree char *far = g_build_filename(f->dir, "far", NULL),
                    *there = g_build_filename(far, "there", NULL);

    g_assert_cmpint(g_mkdir(far, 0777), ==, 0);
    g_assert_true(g_file_set_contents(there, "old", 3, NULL));
    g_assert_cmpint(symlink("far/there", f->file), ==, 0);
    g_assert_true(hseg_save_file(f->file, "new", 3, FALSE, NULL));
    assert_content(there, "new");
    g_assert_true(g_file_test(f->file, G_FILE_TEST_IS_SYMLINK));
}

/* /dev/full by its proper name, or by a link, must not become a file. */
static void
test_no_file(Fixture *f, gconstpointer data)
{
    g_autofree char *fifo = g_build_filename(f->dir, "fifo", NULL);
    struct stat info;

    g_assert_cmpint(mkfifo(fifo, 0666), ==, 0);
    assert_refused(fifo);
    g_assert_cmpint(symlink(fifo, f->file), ==, 0);
    assert_refused(f->file);
    g_assert_cmpint(lstat(fifo, &info), ==, 0);
    g_assert_true(S_ISFIFO(info.st_mode));
    assert_refused(f->dir);
    g_assert_cmpint(count_files(f->dir), ==, 2);
}

static void
test_nowhere(Fixture *f, gconstpointer data)
{
    g_autofree char *absent = g_build_filename(f->dir, "absent", "file", NULL);
    g_autofree char *below = g_build_filename(f->file, "below", NULL);

    assert_refused(absent);
    g_assert_true(g_file_set_contents(f->file, "old", 3, NULL));
    assert_refused(below);
    assert_content(f->file, "old");
}

/* What a run left that was killed while it saved goes with the next save. */
static void
test_left_over(Fixture *f, gconstpointer data)
{
    g_autofree char *left = g_strconcat(f->file, ".saving", NULL);

    g_assert_true(g_file_set_contents(f->file, "old", 3, NULL));
    g_assert_true(g_file_set_contents(left, "half of what was to be", -1, NULL));
    g_assert_true(hseg_save_file(f->file, "new", 3, TRUE, NULL));
    assert_content(f->file, "new");
    g_assert_cmpint(count_files(f->dir), ==, 1);
}

/* A link there is nobody's leftover, and must not be written through. */
static void
test_trap(Fixture *f, gconstpointer data)
{
    g_autofree char *left = g_strconcat(f->file, ".saving", NULL),
                    *far = g_build_filename(f->dir, "far", NULL);
    g_autoptr(GError) error = NULL;

    g_assert_true(g_file_set_contents(far, "mine", 4, NULL));
    g_assert_cmpint(symlink("far", left), ==, 0);
    g_assert_false(hseg_save_file(f->file, "new", 3, FALSE, &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_FILE);
    assert_content(far, "mine");
    g_assert_false(g_file_test(f->file, G_FILE_TEST_EXISTS));
}

#define SAVERS 4

static gpointer
save_often(gpointer file)
{
    for (gsize size = 1; size < 100000; size = size * 3 / 2 + 1) {
        g_autofree char *bytes = g_strnfill(size, (char)('a' + size % 26));

        g_assert_true(hseg_save_file(file, bytes, size, FALSE, NULL));
    }
    return NULL;
}

/* Several that save one file at once: it is always one of theirs, and whole. */
static void
test_crowd(Fixture *f, gconstpointer data)
{
    GThread *savers[SAVERS];

    for (int i = 0; i < SAVERS; i++)
        savers[i] = g_thread_new("saver", save_often, f->file);
    for (int i = 0; i < 100; i++) {
        g_autofree char *content = NULL;
        gsize size, n = 0;

        if (!g_file_get_contents(f->file, &content, &size, NULL))
            continue; /* not there yet */
        while (n < size && content[n] == (char)('a' + size % 26))
            n++;
        g_assert_cmpuint(n, ==, size);
        g_assert_cmpuint(size, >, 0);
    }
    for (int i = 0; i < SAVERS; i++)
        g_thread_join(savers[i]);
    g_assert_cmpint(count_files(f->dir), ==, 1);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, test) g_test_add("/files/save/" name, Fixture, NULL, set_up, test, tear_down)
    ADD("file", test_file);
    ADD("link", test_link);
    ADD("no-file", test_no_file);
    ADD("nowhere", test_nowhere);
    ADD("left-over", test_left_over);
    ADD("trap", test_trap);
    ADD("crowd", test_crowd);
    return g_test_run();
}
