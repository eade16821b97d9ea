#include <stdio.h>

#include "app/options.h"
#include "http/http.h"
#include "json/walk.h"
#include "pg/conn.h"

static void
print_libraries(void)
{
    printf("%s\n%s\n%s\n", http_version_text(), pg_version_text(),
           json_version_text());
}

int
main(int argc, char **argv)
{
    options_on_version(print_libraries);
    return options_run(argc, argv);
}
