// SPDX-License-Identifier: AGPL-3.0-or-later
/* Any table: the same rows and the same end whether it comes whole or in blocks. */
#include <stdint.h>
#include <stdlib.h>
#include <talloc.h>

#include "wire/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int sum_row(void *priv, const struct csv_row *row)
{
	uint64_t *sum = priv;
	size_t i, k;

	*sum = *sum * 31 + row->line;
	for (i = 0; i < row->n; i++)
		for (k = 0; k <= row->lens[i]; k++)
			*sum = *sum * 31 + (uint8_t)row->fields[i][k];
	if (csv_column(row, "postcode|zip") == 0)
		*sum += 1;
	return 0;
}

static uint64_t sum_table(const char *data, size_t size, size_t block)
{
	uint64_t sum = 0;
	struct csv *c = csv_alloc(NULL, 0, sum_row, &sum);
	int rc = 0;
	size_t i;

	for (i = 0; i < size && rc == 0; i += block)
		rc = csv_push(c, data + i, block < size - i ? block : size - i);
	if (rc == 0)
		rc = csv_finish(c);
	sum = sum * 31 + (uint64_t)rc + csv_line(c) + (csv_error(c) != NULL);
	csv_free(c);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *table = (const char *)data;

	if (size > 0 && sum_table(table, size, size) != sum_table(table, size, 1 + data[0] % 7))
		abort();
	return 0;
}
