#include "bulk/place.h"

#include <stdio.h>

#include "job/store.h"

struct session *
place_session(const struct bulk_place *place)
{
    return store_session(place->store->context, place->store);
}

bool
place_can_ask(const struct bulk_place *place, struct err *err)
{
    const struct err *fault = &place->store->config->fault;

    if (fault->kind == ERR_NONE)
        return true;
    *err = *fault;
    return false;
}

const char *
place_owner(const struct bulk_place *place, char owner[PLACE_OWNER_BYTES])
{
    snprintf(owner, PLACE_OWNER_BYTES, "# bulkpg %s/",
             journal_uuid(place->journal));
    return owner;
}
