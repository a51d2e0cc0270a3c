/* Shows GLib's locks to the thread sanitizer, which knows pthreads' only: preloaded, it stands before each
 * and says what it orders. Without it, whatever GMutex and GST_OBJECT_LOCK guard looks like a race. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <glib.h>

/* Weak: programs without the sanitizer are run by the tests too. */
__attribute__((weak)) void __tsan_acquire(void *address);
__attribute__((weak)) void __tsan_release(void *address);

/* The function of this name that GLib has; looked up once, or by several threads alike. */
#define REAL(name)                                                                                           \
    ({                                                                                                       \
        static __typeof__(&name) real;                                                                       \
                                                                                                             \
        if (!g_atomic_pointer_get(&real))                                                                    \
            g_atomic_pointer_set(&real, (__typeof__(&name))dlsym(RTLD_NEXT, #name));                         \
        real;                                                                                                \
    })

static void
acquired(void *lock)
{
    if (__tsan_acquire)
        __tsan_acquire(lock);
}

static void
releases(void *lock)
{
    if (__tsan_release)
        __tsan_release(lock);
}

#define WRAP_LOCK(name, Lock)                                                                                \
    void name(Lock *lock)                                                                                    \
    {                                                                                                        \
        REAL(name)(lock);                                                                                    \
        acquired(lock);                                                                                      \
    }

#define WRAP_TRYLOCK(name, Lock)                                                                             \
    gboolean name(Lock *lock)                                                                                \
    {                                                                                                        \
        gboolean got = REAL(name)(lock);                                                                     \
                                                                                                             \
        if (got)                                                                                             \
            acquired(lock);                                                                                  \
        return got;                                                                                          \
    }

#define WRAP_UNLOCK(name, Lock)                                                                              \
    void name(Lock *lock)                                                                                    \
    {                                                                                                        \
        releases(lock);                                                                                      \
        REAL(name)(lock);                                                                                    \
    }

WRAP_LOCK(g_mutex_lock, GMutex)
WRAP_TRYLOCK(g_mutex_trylock, GMutex)
WRAP_UNLOCK(g_mutex_unlock, GMutex)
WRAP_LOCK(g_rec_mutex_lock, GRecMutex)
WRAP_TRYLOCK(g_rec_mutex_trylock, GRecMutex)
WRAP_UNLOCK(g_rec_mutex_unlock, GRecMutex)

/* Waiting gives the lock up inside GLib and takes it again. */
void
g_cond_wait(GCond *cond, GMutex *mutex)
{
    releases(mutex);
    REAL(g_cond_wait)(cond, mutex);
    acquired(mutex);
}

gboolean
g_cond_wait_until(GCond *cond, GMutex *mutex, gint64 end_time)
{
    gboolean signalled;

    releases(mutex);
    signalled = REAL(g_cond_wait_until)(cond, mutex, end_time);
    acquired(mutex);
    return signalled;
}
