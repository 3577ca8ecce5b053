/* menu.h - the menu tree: what is asked, what may be chosen, where each answer leads.
 *
 * Data under menus/, one YAML file a subject; all files make one tree.  The words are in prompts/;
 * a node names them by key.  No node knows a channel.
 *
 *   entries:                        # how a conversation begins; the first that fits
 *     - {keyword: near, to: near.where, anywhere: true, unless: place}
 *     - {reference: true, to: ...}  # the text begins with a report's number
 *     - {category: true, to: ...}   # it says what is wrong
 *     - {place: true, to: ...}      # it says where
 *     - {language: true, to: ...}   # it is a language's name; sets slot language
 *     - {otherwise: true, to: ...}
 *       anywhere: true              also in the midst of another conversation
 *       unless: TYPE                but not while a question of that type waits; beside with: only if
 *                                   what follows does not begin with that, or is a whole answer
 *       inside: TYPE                in its midst only if that, or nothing, follows the keyword
 *       without: TYPE               but not if what follows the keyword says that
 *       with: TYPE                  only if what follows the keyword says that; with always: not whole
 *       within: true                also in the middle of a text that is nothing else
 *       brief: true                 only in a text of a few words
 *       whole: true                 only if the text is the keyword and nothing else
 *       always: true                before any conversation, which goes on afterwards; whole
 *       loose: true                 with always: a word or two may follow ("stop it"), while no
 *                                   question waits
 *       drop: true                  with always: the conversation is forgotten
 *   open: [NODE, ...]               # nodes that the program enters by itself
 *   nodes:
 *     NAME:
 *       choose: PHRASE              # one of some options
 *         options: [{say: PHRASE, keyword: WORD, set: {SLOT: VALUE}, to: NODE}, ...]
 *         from: REGISTER            # or of a list: category.mains, category.subs, languages, or
 *         option: PHRASE            # the desk's; PHRASE says one item; its slots are set and
 *         slot: NAME                # its value in this slot, then on to "to"
 *         none: NODE                # if the list is empty
 *         words: category           # free words are understood as this type
 *       ask: TYPE                   # category place date number reference yes-no text phone
 *                                   # subject subscription
 *         say: PHRASE               # without it nothing is asked: only what was said is taken
 *         again: PHRASE             # other words the second time (again.TYPE)
 *         help: PHRASE              # and the third time (help.TYPE)
 *         slot: NAME                # where a plain answer is kept
 *         options: [...]            # answers to choose beside free words
 *         to: NODE                  # next
 *         none: NODE                # without say: nothing was said (else "to")
 *         failed: NODE              # without say: what was said does not fit (else "none")
 *         skip: short               # not put to someone who said all at once
 *         rough: true               # a place without a house number will do
 *       look: NAME                  # what does the desk know?  slot.NAME looks at a slot
 *       do: NAME                    # have the desk do it
 *         outcomes: {WORD: NODE}    # slot.NAME: values, "none" if unset, "else"
 *       say: PHRASE, to: NODE
 *         list: REGISTER, line: PHRASE   # and a line for each item of a register
 *         none: NODE
 *       end: PHRASE                 # the last words; the node "end" ends without
 *       clear: [SLOT, ...], set: {SLOT: VALUE}   # any node, when it is entered
 *       quiet: true                 # an answer is welcome but not missed: no reminder
 *       days: 14                    # how long it may come (1)
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define MENU_OPTIONS_MAX 9 /* one key each */
#define MENU_NODES_MAX	 4096

enum menu_kind {
	MENU_CHOOSE,
	MENU_ASK,
	MENU_LOOK,
	MENU_DO,
	MENU_SAY,
	MENU_END,
};

enum menu_type {
	MENU_TYPE_NONE,
	MENU_CATEGORY,
	MENU_PLACE,
	MENU_DATE,
	MENU_NUMBER,
	MENU_REFERENCE,
	MENU_YES_NO,
	MENU_TEXT,
	MENU_PHONE,
	MENU_SUBJECT,	   /* what notices can be about: a street, an area, a category, all */
	MENU_SUBSCRIPTION, /* the same, of what the asker gets */
	MENU_TYPES
};

struct menu_set {
	const char *slot, *value;
};

struct menu_goto {
	const char *name;
	const struct menu_node *node; /* NULL: the end, or not named */
	int line;
};

struct menu_option {
	const char *say;
	const char *keyword; /* NULL: the number only */
	struct menu_set *set;
	size_t set_n;
	struct menu_goto to;
	int line;
};

struct menu_outcome {
	const char *word;
	struct menu_goto to;
};

struct menu_node {
	const char *name, *file;
	int line;
	enum menu_kind kind;
	enum menu_type type; /* ask: of what; choose: of free words */
	const char *desk;    /* look, do: the name */
	const char *say;     /* NULL: nothing */
	const char *again, *help;
	const char *slot;
	const char *from, *option; /* a register and the phrase of one item */
	struct menu_option *options;
	size_t options_n;
	struct menu_outcome *outcomes;
	size_t outcomes_n;
	struct menu_goto to, none, failed;
	const char **clear; /* NULL-terminated, NULL none */
	struct menu_set *set;
	size_t set_n;
	bool skip_short, rough, quiet;
	int days; /* that an answer is waited for; 0 the usual */
};

enum menu_entry_kind {
	MENU_ENTRY_KEYWORD,
	MENU_ENTRY_REFERENCE,
	MENU_ENTRY_CATEGORY,
	MENU_ENTRY_PLACE,
	MENU_ENTRY_LANGUAGE,
	MENU_ENTRY_OTHERWISE,
};

struct menu_entry {
	enum menu_entry_kind kind;
	const char *keyword, *file;
	int line;
	struct menu_goto to;
	enum menu_type unless, inside, without, with;
	bool anywhere, within, whole, brief, always, loose, drop;
};

struct menus;

struct menus *menus_alloc(void *ctx);

/*! Read one file into the tree.
 *  \param[out] error  "file:line: what is wrong", talloc child of ctx; set on error only
 *  \returns 0; -EINVAL */
int menus_read(void *ctx, struct menus *menus, const char *path, char **error);

/*! The same from memory. */
int menus_parse(void *ctx, struct menus *menus, const char *name, const void *bytes, size_t size,
		char **error);

/*! Read all *.yaml of a folder but categories.yaml, and link. */
struct menus *menus_load(void *ctx, const char *folder, char **error);

/*! Join names to nodes, once all files are read. \returns 0; -EINVAL if a name is unknown */
int menus_link(void *ctx, struct menus *menus, char **error);

const struct menu_node *menu_find(const struct menus *menus, const char *name);
size_t menu_count(const struct menus *menus);
const struct menu_node *menu_at(const struct menus *menus, size_t i);
size_t menu_entry_count(const struct menus *menus);
const struct menu_entry *menu_entry_at(const struct menus *menus, size_t i);
size_t menu_open_count(const struct menus *menus);
const struct menu_node *menu_open_at(const struct menus *menus, size_t i);

/*! Is this an answer to wait for (a choose, or an ask that says something)? */
bool menu_is_question(const struct menu_node *node);

/*! "category" and so on; "choose" for MENU_TYPE_NONE: the last word of the keys again. and help. */
const char *menu_type_name(enum menu_type type);

/*! The slot that an answer fills. */
const char *menu_slot(const struct menu_node *node);

/*! Call something for each place that a node leads to. */
void menu_each_goto(const struct menu_node *node,
		    void (*each)(const struct menu_goto *to, const char *why, void *data),
		    void *data);
