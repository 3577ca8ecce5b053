// SPDX-License-Identifier: AGPL-3.0-or-later
#include "talk/place_word.h"

#include <string.h>

#include <osmocom/core/utils.h>

/* Each list has a blank on both sides of each word. */
static const char *const lists[] = {
	[PLACE_WORD_NUMBER] =
		" nr nrs no num nummer huisnummer huisnr number house numer numara numarali dom "
		"\u0631\u0642\u0645 ",
	[PLACE_WORD_FILLER] =
		" op aan in bij de het t o to ter hoogte van thv voor naast tegenover hoek achter "
		"langs tussen rond vlakbij on at the near next opposite front of by corner behind "
		"beside outside na przy obok ul ulica ulicy kolo naprzeciwko w straat street adres "
		"address postcode pc postal code kod kodu posta \u0641\u064a \u0639\u0646\u062f "
		"\u0634\u0627\u0631\u0639 \u0642\u0631\u0628 ",
	[PLACE_WORD_BEFORE_STREET] =
		" op aan in bij hoek naast tegenover on at near ul ulica ulicy na przy straat street "
		"langs achter voor corner by the het \u0634\u0627\u0631\u0639 \u0641\u064a ",
	[PLACE_WORD_NEVER_LAST] =
		" op bij in is de het en of al om na sinds the a and for since ca circa meer dan tot "
		"about ",
	[PLACE_WORD_VERB] = " is it het er staat says its to numer jest ",
	[PLACE_WORD_COMMON] =
		" straat stoep grond buurt hoek deur ramen huis huizen voor plek overal steeds weer kapot "
		"stuk week help niet ligt staat street ground pavement door houses please broken again "
		"still there here dank thanks hallo hello melding ",
	[PLACE_WORD_UNIT] =
		" dagen dag uur uren week weken maand maanden jaar keer meter meters zakken stuks days day "
		"hours hour weeks month months year years times bags metres gun gundur saat hafta ay dni "
		"dzien godzin godziny tygodni tygodnie miesiecy \u064a\u0648\u0645 "
		"\u0627\u064a\u0627\u0645 ",
	[PLACE_WORD_SUFFIX] = " bis hs rd rood zw zwart boven ii iii ",
};

/* What residents call the things with a number on them. */
static const struct {
	const char *object, *words;
} object_words[] = {
	{ "container",
	  " container containers containernr containernummer orac oracnr afvalcontainer vuilcontainer glascontainer "
	  "papiercontainer glasbak papierbak konteyner kontener pojemnik "
	  "\u062d\u0627\u0648\u064a\u0647 " },
	{ "lamp",
	  " lantaarn lantaarnnr lantaarnnummer lantaren lantaarnpaal lantarenpaal lichtmast lamp lamppost "
	  "light streetlight streetlamp straatlamp straatlantaarn lamba lambasi latarnia "
	  "latarni lampa uliczna \u0627\u0646\u0627\u0631\u0647 \u0645\u0635\u0628\u0627\u062d " },
	{ "litter-bin", " prullenbak prullebak vuilnisbak afvalbak afvalbakje litterbin dustbin " },
	{ "wheelie-bin", " kliko rolcontainer rolemmer minicontainer " },
	{ "traffic-light", " verkeerslicht stoplicht " },
	{ "charger", " laadpaal charger " },
	{ "parking-machine", " parkeerautomaat parkeermeter " },
	{ "bench", " bankje " },
	{ "tree", " boom tree " },
	{ "drain", " put kolk drain manhole " },
	{ "bollard", " paaltje amsterdammertje bollard " },
	{ NULL, " paal mast post bak pole " },
};

/* What a Dutch street's name ends in, written out or short. */
static const char street_ends[] =
	" straat str laan ln weg plein pln kade gracht singel plantsoen hof dreef pad park "
	"dijk markt steeg burg veld haven wal oord erf hoek poort baan brug duin zicht rade "
	"kamp zoom sloot laantje straatje boulevard tuin ";

static bool in_list(const char *list, const char *word, size_t len)
{
	const char *at = list, *end = list + strlen(list);

	while (len > 0 && (at = memmem(at, (size_t)(end - at), word, len))) {
		if (at[-1] == ' ' && at[len] == ' ')
			return true;
		at++;
	}
	return false;
}

bool place_word_is(enum place_word which, const char *word, size_t len)
{
	return in_list(lists[which], word, len);
}

bool place_word_object(const char *word, size_t len, const char **object)
{
	for (size_t i = 0; i < ARRAY_SIZE(object_words); i++) {
		if (in_list(object_words[i].words, word, len)) {
			*object = object_words[i].object;
			return true;
		}
	}
	return false;
}

bool place_word_ends_street(const char *word, size_t len)
{
	const char *at = street_ends + 1, *blank;

	for (; (blank = strchr(at, ' ')); at = blank + 1) {
		size_t n = (size_t)(blank - at);

		if (len >= n && memcmp(word + len - n, at, n) == 0)
			return true;
	}
	return false;
}
