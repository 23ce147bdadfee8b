/* What counted orders say is erased: records, and items by name. */
#include "sync/authority_impl.h"

#include <string.h>

struct auth_erased *
authority_erased(const struct authority *a, const struct record_key *record)
{
    uint64_t at = idmap_mix(get_u64(record->id), get_u64(record->id + 8));
    size_t it = 0;
    uint32_t i = idmap_next(&a->erased_map, at, &it);

    while (i != IDMAP_NONE && record_key_cmp(&a->erased[i].record, record) != 0) {
        i = idmap_next(&a->erased_map, at, &it);
    }
    return i == IDMAP_NONE ? NULL : &a->erased[i];
}

bool
authority_is_erased(const struct authority *a, const struct record_key *record)
{
    return a->erased_n > 0 && authority_erased(a, record) != NULL;
}

bool
authority_is_item_erased(const struct authority *a, const struct erased_name *item)
{
    uint64_t at = idmap_mix(item->seq, (uint64_t)item->log_no << 16 | item->index);
    size_t it = 0;
    uint32_t i = idmap_next(&a->item_map, at, &it);

    while (i != IDMAP_NONE &&
           !(a->item[i].log_no == item->log_no && a->item[i].seq == item->seq &&
             a->item[i].index == item->index)) {
        i = idmap_next(&a->item_map, at, &it);
    }
    return i != IDMAP_NONE;
}

static void
note(struct authority *a, const struct auth_entry *e, const struct auth_op *op,
     const struct record_key *record, struct auth_void at)
{
    struct slice request = op->request;
    size_t n = request.n < REQUEST_BYTES_MAX ? request.n : REQUEST_BYTES_MAX;
    struct erase_info *info;

    a->erase =
        authority_room(a->erase, a->erases_n + 1, &a->erases_cap, sizeof *a->erase);
    info = &a->erase[a->erases_n++];
    *info = (struct erase_info){.pos = at.pos,
                                .index = at.index,
                                .clock = e->clock,
                                .record = *record,
                                .ground = op->reason,
                                .items_n = op->items_n};
    if (n > 0) {
        memcpy(info->request, request.p, n);
    }
}

bool
authority_take_erase(struct authority *a, const struct auth_entry *e,
                     const struct auth_op *op, const struct record_key *record,
                     struct auth_void at)
{
    struct slice rest = op->items;
    struct erased_name item;

    while (auth_erased(&rest, &item)) {
        if (authority_is_item_erased(a, &item)) {
            continue;
        }
        a->item = authority_room(a->item, a->items_n + 1, &a->items_cap, sizeof *a->item);
        a->item[a->items_n] = item;
        idmap_put(&a->item_map,
                  idmap_mix(item.seq, (uint64_t)item.log_no << 16 | item.index),
                  (uint32_t)a->items_n++);
    }
    note(a, e, op, record, at);
    if (authority_erased(a, record) == NULL) {
        a->erased =
            authority_room(a->erased, a->erased_n + 1, &a->erased_cap, sizeof *a->erased);
        a->erased[a->erased_n] = (struct auth_erased){*record, 0};
        idmap_put(&a->erased_map, idmap_mix(get_u64(record->id), get_u64(record->id + 8)),
                  (uint32_t)a->erased_n++);
    }
    return true;
}

size_t
authority_erases_n(const struct authority *a)
{
    return a->erases_n;
}

const struct erase_info *
authority_erase_at(const struct authority *a, size_t i)
{
    return &a->erase[i];
}

const struct erase_info *
authority_erase_of(const struct authority *a, const struct record_key *record)
{
    for (size_t i = a->erases_n; i > 0; i--) {
        if (record_key_cmp(&a->erase[i - 1].record, record) == 0) {
            return &a->erase[i - 1];
        }
    }
    return NULL;
}

size_t
authority_erased_items_n(const struct authority *a)
{
    return a->items_n;
}

const struct erased_name *
authority_erased_item_at(const struct authority *a, size_t i)
{
    return &a->item[i];
}
