/*
 * sdl_json - writes a type of a schema as an introspection object.
 */
#ifndef GRAPHQL_SDL_JSON_H
#define GRAPHQL_SDL_JSON_H

#include "base/buf.h"
#include "graphql/sdl.h"

/* Write the object that the server would answer to `__type(name:)`, as far as
 * gql_schema_add() reads it. */
void sdl_json_write(const struct sdl *sdl, const struct sdl_type *type,
                    struct buf *json);

#endif
