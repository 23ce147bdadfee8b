/* Type files from a stranger: the first line is the file's name, the rest its bytes. What
 * parses is put to use; what does not must say where. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "schema/text.h"
#include "schema/type.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
use(const struct types *t, struct slice text)
{
    struct buf value = BUF_NONE;
    struct buf shown = BUF_NONE;

    for (size_t i = 0; i < t->n; i++) {
        const struct type *type = &t->type[i];

        assert(type_by_code(t, type->code) == type);
        assert(type_by_name(t, type->name) == type);
        assert(type->states_n > 0 || type->private_of != 0);
        for (size_t f = 0; f < type->fields_n; f++) {
            const struct field *field = &type->field[f];
            struct fault why;

            assert(field->label.zh != NULL && field->label.en != NULL);
            assert((field->personal != PERSONAL_NONE) == (field->purpose.zh != NULL));
            value.n = 0;
            if (text_parse(field, text, NULL, &value, &why) == RC_OK) {
                text_print(type, field, buf_slice(&value), TEXT_ZH, NULL, &shown);
            } else {
                assert(why.rc != RC_OK && why.what[0] != '\0');
            }
        }
    }
    buf_free(&value);
    buf_free(&shown);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size == 0 ? NULL : memchr(data, '\n', size);
    char name[64];
    size_t name_n = end == NULL ? 0 : (size_t)(end - data);
    struct embed_file file[2] = {{name, NULL, 0}, {NULL, NULL, 0}};
    struct types *t = NULL;
    struct fault why = {.rc = RC_OK};
    uint8_t *text;

    if (end == NULL || name_n >= sizeof(name)) {
        return 0;
    }
    memcpy(name, data, name_n);
    name[name_n] = '\0';
    file[0].n = size - name_n - 1;
    text = mem_copy(end + 1, file[0].n);
    file[0].p = text;
    if (types_parse(file, &t, &why) == RC_OK) {
        use(t, slice_of(text, file[0].n < 64 ? file[0].n : 64));
        types_free(t);
    } else {
        assert(why.rc != RC_OK && why.code != FAULT_NONE);
        assert(t == NULL);
    }
    mem_free(text);
    return 0;
}
