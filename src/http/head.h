/*
 * head - parses the head of an answer, line by line. Private to this folder.
 */
#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

#include "http/http.h"

/* Add one line of the answer's head, with or without its line end. Sets *done
 * if it is the last line of a final answer. */
void head_add_line(struct http_head *head, struct span line, bool *done);

#endif
