/* xml.h - libxml2's pull reader, loaded when an Excel workbook or an HTML page is read. */
#ifndef HN_TABLE_XML_H
#define HN_TABLE_XML_H

#include "table/foreign.h"

#define HN_XML_FUNCTIONS(X)                                                                        \
    X(void *, xmlReaderForIO,                                                                      \
      (int (*)(void *, char *, int), int (*)(void *), void *, const char *, const char *, int))    \
    X(void *, htmlReadMemory, (const char *, int, const char *, const char *, int))                \
    X(void *, xmlReaderWalker, (void *))                                                           \
    X(void, xmlFreeDoc, (void *))                                                                  \
    X(void, xmlFreeTextReader, (void *))                                                           \
    X(int, xmlTextReaderRead, (void *))                                                            \
    X(int, xmlTextReaderNodeType, (void *))                                                        \
    X(int, xmlTextReaderIsEmptyElement, (void *))                                                  \
    X(const char *, xmlTextReaderConstLocalName, (void *))                                         \
    X(const char *, xmlTextReaderConstValue, (void *))                                             \
    X(int, xmlTextReaderMoveToAttribute, (void *, const char *))                                   \
    X(int, xmlTextReaderMoveToElement, (void *))                                                   \
    X(int, xmlTextReaderGetParserLineNumber, (void *))
HN_FOREIGN(hn_xml, HN_XML_FUNCTIONS)

enum {
    HN_XML_ELEMENT = 1,
    HN_XML_TEXT = 3,
    HN_XML_CDATA = 4,
    HN_XML_BLANK = 14,
    HN_XML_END = 15,
    HN_XML_QUIET = 32 | 64 | 2048 /* no errors and warnings on standard error, no network */
};

static inline hn_foreign hn_xml_library(const char *purpose) {
    static const char *const candidates[] = {"libxml2.so.2", "libxml2.so", NULL};
    return (hn_foreign){candidates, purpose, "libxml2", hn_xml_names};
}

/* The value of an attribute until the reader moves; NULL where there is none. */
static inline const char *hn_xml_attribute(const hn_xml *x, void *reader, const char *name) {
    if (x->xmlTextReaderMoveToAttribute(reader, name) != 1) return NULL;
    const char *value = x->xmlTextReaderConstValue(reader);
    return value ? value : "";
}

#endif
