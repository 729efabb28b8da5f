/*
 * The stand-in's own certificate: a certificate authority made for it alone,
 * and a server certificate for localhost, 127.0.0.1 and ::1 (EC P-256).  The
 * authority's key is never written: nobody can sign more with it.
 *
 * In DIR: ca.pem (what clients trust), cert.pem (server's, then the
 * authority's), key.pem (0600).
 */
#ifndef LOCALAWS_CERT_H
#define LOCALAWS_CERT_H

#include <limits.h>
#include <stdint.h>

/* Our choice: some clients refuse server certificates of more than 398 days. */
#define CERT_DAYS 390
/* Made anew when fewer days are left. */
#define CERT_RENEW_DAYS 30

#define CERT_TEXT_BYTES (PATH_MAX + 128)

struct cert_paths {
	char ca[PATH_MAX];
	char cert[PATH_MAX];
	char key[PATH_MAX];
};

/*
 * Set `paths`, and make the three files in dir (which exists) unless usable
 * ones are there: key and certificate match, the authority signed it, and it is
 * valid at now_s (Unix) and for CERT_RENEW_DAYS more.  Processes that share dir
 * wait for each other.
 *
 * 1: made, 0: those that were there are good, -1: failed, and text (of
 * CERT_TEXT_BYTES) says why.
 */
int cert_ensure(
    struct cert_paths *paths, const char *dir, int64_t now_s, char *text);

#endif
