/*
 * The text of one element of a small XML answer, all that STS's answers and
 * errors need.  No I/O, no tree, no attributes.  Source: PROTOCOL 7.1.
 */
#ifndef AWS_SERVICE_XML_H
#define AWS_SERVICE_XML_H

#include <stddef.h>

/*
 * Copy the text of the first element <name> ... </name> of the n bytes at xml
 * into out, white space trimmed and the five entities and character references
 * decoded.  Returns its length, or -1: no such element, or out (outsize bytes,
 * always NUL-ended) is too small.
 */
long service_xml_text(
    const char *xml, size_t n, const char *name, char *out, size_t outsize);

#endif
