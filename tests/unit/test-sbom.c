/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The bill of materials holds to the rules of CycloneDX 1.6's schema that can be written down in a
 * table, refers to nothing that is not in it, and says what the snapshot says. */

#include "engine/sbom.h"

#include <json-glib/json-glib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/limits-score.h"
#include "fixture.h"

#define UUID "3E671687-395b-41f5-a30f-a58921a69b79"
#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

typedef struct {
        const char *repository, *name, *version, *description;
        const char *depends, *provides, *licenses; /* "|" between them */
        const char *architecture, *url, *packager, *sha256;
        guint flags;
        guint64 build_date;
} Package;

static const Package sync_packages[] = {
        {.repository = "core",
         .name = "openssl",
         .version = "1:3.0.5-1",
         .sha256 = HASH,
         .build_date = 1000},
        {.repository = "core", .name = "bash", .version = "5.2-1", .sha256 = HASH, .build_date = 7},
        {.repository = "core", .name = "glibc", .version = "2.38-7", .sha256 = "no hash"},
        {NULL},
};

static const Package local_packages[] = {
        {.name = "openssl",
         .version = "1:3.0.5-1",
         .description = "Toolkit \"TLS\" \x1b[31m \xE2\x80\xAE",
         .depends = "glibc>=2|nothing-has-this|openssl",
         .licenses = "Apache",
         .architecture = "x86_64",
         .url = "https://www.openssl.org/?a=b#c",
         .packager = "A <a@example.org>",
         .flags = OMG_PACKAGE_EXPLICIT,
         .build_date = 1000},
        {.name = "bash",
         .version = "5.2-1",
         .depends = "sh|glibc|libc.so=6-64|readline",
         .provides = "sh",
         .licenses = "GPL3|custom:\"a b\"|MIT",
         .architecture = "x86_64",
         .url = "not a url",
         .flags = OMG_PACKAGE_DEPENDENCY,
         .build_date = 8},
        {.name = "glibc",
         .version = "2.38-7",
         .provides = "libc.so=6-64",
         .licenses = "?",
         .architecture = "x86_64"},
        {.name = "Upper", .version = "1-1"},
        {.name = "upper", .version = "1-1"},
        {.name = "zsh", .version = "5-1", .depends = "readline|sh", .provides = "readline"},
        {.name = "a-readline", .version = "1~b+c-1", .provides = "readline"},
        {NULL},
};

static GStrv split(const char *text)
{
        return g_strsplit(text ? text : "", "|", -1);
}

static OmgLayer *make_layer(OmgLayerKind kind, const Package *rows)
{
        g_autoptr(OmgLayerBuilder) builder = omg_layer_builder_new(kind);
        g_autoptr(GBytes) stamps = g_bytes_new_static("stamps", 6);
        g_autoptr(GError) error = NULL;

        omg_layer_builder_add_repository(builder, kind == OMG_LAYER_LOCAL ? "local" : "core");
        for (; rows->name; rows++) {
                g_autoptr(OmgPackage) package = omg_package_new(
                        rows->name, rows->version, rows->description ? rows->description : "");
                package->flags = rows->flags;
                omg_package_take_strv(package, OMG_FIELD_DEPENDS, split(rows->depends));
                omg_package_take_strv(package, OMG_FIELD_PROVIDES, split(rows->provides));
                omg_package_take_strv(package, OMG_FIELD_LICENSES, split(rows->licenses));
                omg_package_set_string(package, OMG_FIELD_ARCHITECTURE, rows->architecture);
                omg_package_set_string(package, OMG_FIELD_URL, rows->url);
                omg_package_set_string(package, OMG_FIELD_PACKAGER, rows->packager);
                omg_package_set_string(package, OMG_FIELD_SHA256SUM, rows->sha256);
                if (rows->build_date > 0)
                        omg_package_set_number(package, OMG_FIELD_BUILD_DATE, rows->build_date);
                g_assert_true(omg_layer_builder_add_package(builder, package, &error));
        }
        g_autoptr(GBytes) bytes = omg_layer_builder_finish(builder, stamps, 1000000, &error);
        OmgLayer *layer = omg_layer_new_from_bytes(bytes, kind, &error);
        g_assert_no_error(error);
        return layer;
}

static OmgSnapshot *make_snapshot(void)
{
        g_autoptr(OmgLayer) sync = make_layer(OMG_LAYER_SYNC, sync_packages);
        g_autoptr(OmgLayer) local = make_layer(OMG_LAYER_LOCAL, local_packages);
        g_autoptr(GPtrArray) errors = g_ptr_array_new();
        OmgSnapshotParts parts = {
                .sync = sync,
                .local = local,
                .conf = fixture_conf("[options]\nDBPath = /nowhere/db\n"
                                     "[core]\nServer = file:///c\nSigLevel = Never\n"),
                .errors = errors,
        };

        return omg_snapshot_new(&parts, 1);
}

static const char *const aliases[] = {"CVE-2022-1", "GHSA-1", "AVG-1", NULL};

static const OmgSbomRuntime runtimes[] = {
        {"node", "20.1.0"}, {"go", "18.0.0"}, {"node", "18.0.0"}, {"node", "18.0.0"}};

static const OmgSbomFinding findings[] = {
        {.package = "openssl",
         .version = "1:3.0.5-1",
         .id = "AVG-1",
         .source = "Arch Linux Security Tracker",
         .url = "https://security.archlinux.org/AVG-1",
         .severity = "High",
         .vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N",
         .description = "Bad \xff bytes",
         .fixed = "1:3.0.7-1",
         .aliases = aliases,
         .state = OMG_SBOM_FIX_AVAILABLE},
        {.package = "bash",
         .version = "5.2-1",
         .id = "AVG-1",
         .source = "Arch Linux Security Tracker",
         .severity = "High",
         .vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N",
         .fixed = "1:3.0.7-1",
         .state = OMG_SBOM_FIX_AVAILABLE},
        {.package = "glibc", .id = "AVG-1", .state = OMG_SBOM_FIX_PENDING, .fixed = "9"},
        {.package = "bash", .version = "5.2-1", .id = "AVG-2", .state = OMG_SBOM_NO_FIX},
        {.package = "bash",
         .version = "5.2-1",
         .id = "AVG-3",
         .severity = "dreadful",
         .vector = "CVSS:3.1/nonsense",
         .url = "not a url",
         .state = OMG_SBOM_UNCONFIRMED},
        {.package = "zsh", .id = "AVG-4", .reason = "not used", .state = OMG_SBOM_IGNORED},
        {.package = "zsh", .id = "AVG-5", .state = OMG_SBOM_IGNORED},
        {.package = "bash", .id = "AVG-5", .reason = "another", .state = OMG_SBOM_IGNORED},
        {.package = "node",
         .is_runtime = TRUE,
         .version = "18.0.0",
         .id = "GHSA-2",
         .vector = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H",
         .state = OMG_SBOM_NO_FIX},
        {.package = "gone", .id = "AVG-6"},
        {.package = "bash", .version = "5.1-1", .id = "AVG-6"},
        {.package = "node", .is_runtime = TRUE, .version = "1", .id = "AVG-6"},
        {.package = "zsh", .id = "AVG-5", .state = OMG_SBOM_IGNORED},
};

static const OmgSbomParams usual = {
        .uuid = UUID,
        .time_usec = 1663000000ull * G_USEC_PER_SEC,
        .omgd_version = "1.2",
        .machine = "box",
        .runtimes = runtimes,
        .n_runtimes = G_N_ELEMENTS(runtimes),
        .findings = findings,
        .n_findings = G_N_ELEMENTS(findings),
};

static char *write_sbom(const OmgSbomParams *params, OmgSbomFile *ret_file)
{
        g_autoptr(OmgSnapshot) snapshot = make_snapshot();
        g_autoptr(GError) error = NULL;
        g_autoptr(GString) text = g_string_new(NULL);
        char block[4096];
        ssize_t n;

        (void)omg_sbom_write(snapshot, params, ret_file, &error);
        g_assert_no_error(error);
        while ((n = read(ret_file->fd, block, sizeof(block))) > 0)
                g_string_append_len(text, block, n);
        (void)close(ret_file->fd);
        g_assert_true(g_utf8_validate(text->str, (gssize)text->len, NULL));
        return g_string_free(g_steal_pointer(&text), FALSE);
}

static JsonNode *write_parsed(const OmgSbomParams *params, OmgSbomFile *ret_file)
{
        g_autofree char *text = write_sbom(params, ret_file);
        g_autoptr(GError) error = NULL;
        JsonNode *root = json_from_string(text, &error);

        g_assert_no_error(error);
        return root;
}

/* ---- the rules of the schema ---- */

/* Keys that an object may have, those that it must have with a "!", and how its members are called
 * in this table ("key=kind"; an array's are its elements). Kind "text": a string; a list of words:
 * one of them. */
static const struct {
        const char *kind;
        const char *keys;
} schema[] = {
        {"bom", "!bomFormat=CycloneDX !specVersion=1.6 serialNumber=serial version=number "
                "metadata=metadata components=component dependencies=dependency "
                "vulnerabilities=vulnerability"},
        {"metadata", "timestamp=text lifecycles=lifecycle tools=tools component=component"},
        {"lifecycle", "!phase=design|pre-build|build|post-build|operations|discovery|decommission"},
        {"tools", "components=component services=service"},
        {"component",
         "!type=application|framework|library|container|platform|operating-system|device|file "
         "!name=text bom-ref=text publisher=text version=version description=text hashes=hash "
         "licenses=licence purl=purl externalReferences=reference properties=property"},
        {"hash", "!alg=MD5|SHA-1|SHA-256|SHA-384|SHA-512 !content=hex"},
        {"licence", "!expression=text acknowledgement=declared|concluded bom-ref=text"},
        {"reference", "!type=website|advisories|distribution|other !url=url comment=text"},
        {"property", "!name=text value=text"},
        {"dependency", "!ref=ref dependsOn=ref provides=ref"},
        {"vulnerability",
         "bom-ref=text id=text source=source references=equivalent ratings=rating "
         "description=text detail=text recommendation=text analysis=analysis affects=affect "
         "properties=property"},
        {"source", "name=text url=url"},
        {"equivalent", "!id=text !source=source"},
        {"rating", "source=source score=score severity=critical|high|medium|low|info|none|unknown "
                   "method=CVSSv2|CVSSv3|CVSSv31|CVSSv4|OWASP|SSVC|other vector=text"},
        {"analysis",
         "state=resolved|resolved_with_pedigree|exploitable|in_triage|false_positive|not_affected "
         "response=can_not_fix|will_not_fix|update|rollback|workaround_available detail=text"},
        {"affect", "!ref=ref versions=range"},
        {"range", "!version=version status=affected|unaffected|unknown"},
};

static GHashTable *refs; /* all bom-refs */

static void check_node(const char *kind, JsonNode *node);

static void check_text(const char *kind, const char *text)
{
        g_assert_cmpstr(text, !=, "");
        if (strcmp(kind, "serial") == 0)
                g_assert_true(g_regex_match_simple("^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}"
                                                   "-[0-9a-f]{4}-[0-9a-f]{12}$",
                                                   text, 0, 0));
        else if (strcmp(kind, "version") == 0)
                g_assert_cmpint(g_utf8_strlen(text, -1), <=, 1024);
        else if (strcmp(kind, "hex") == 0)
                g_assert_true(g_regex_match_simple("^[0-9a-f]{64}$", text, 0, 0));
        else if (strcmp(kind, "url") == 0)
                g_assert_true(g_uri_is_valid(text, G_URI_FLAGS_NONE, NULL));
        else if (strcmp(kind, "purl") == 0)
                g_assert_true(g_regex_match_simple("^pkg:(alpm/arch|generic)/[A-Za-z0-9.%~:_-]+"
                                                   "(@[A-Za-z0-9.%~:_-]+)?([?]arch=[a-z0-9_]+)?$",
                                                   text, 0, 0));
        else if (strcmp(kind, "ref") == 0)
                g_assert_true(g_hash_table_contains(refs, text));
        else if (strcmp(kind, "text") != 0) {
                g_auto(GStrv) words = g_strsplit(kind, "|", -1);
                g_assert_true(g_strv_contains((const char *const *)words, text));
        }
}

static void check_members(const char *keys, JsonObject *object)
{
        g_auto(GStrv) all = g_strsplit(keys, " ", -1);
        guint n = 0;

        for (char **entry = all; *entry; entry++) {
                gboolean required = **entry == '!';
                const char *key = *entry + required, *equals = strchr(key, '=');
                g_autofree char *name = g_strndup(key, (gsize)(equals - key));
                JsonNode *member = json_object_get_member(object, name);

                g_assert_true(member || !required);
                if (!member)
                        continue;
                n++;
                check_node(equals + 1, member);
        }
        /* No other keys. */
        g_assert_cmpuint(n, ==, json_object_get_size(object));
}

static void check_array(const char *kind, JsonArray *array)
{
        g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        /* The schema's uniqueItems. */
        gboolean unique = strcmp(kind, "ref") == 0 || strcmp(kind, "component") == 0 ||
                          strcmp(kind, "dependency") == 0 || strcmp(kind, "affect") == 0;

        for (guint i = 0; i < json_array_get_length(array); i++) {
                JsonNode *element = json_array_get_element(array, i);
                check_node(kind, element);
                if (!g_hash_table_add(seen, json_to_string(element, FALSE)) && unique)
                        g_error("twice: %s", json_to_string(element, FALSE));
        }
}

static void check_node(const char *kind, JsonNode *node)
{
        if (JSON_NODE_HOLDS_ARRAY(node)) {
                check_array(kind, json_node_get_array(node));
                return;
        }
        if (strcmp(kind, "number") == 0 || strcmp(kind, "score") == 0) {
                g_assert_true(json_node_get_double(node) >= 0 || json_node_get_int(node) >= 0);
                return;
        }
        if (!JSON_NODE_HOLDS_OBJECT(node)) {
                g_assert_true(json_node_get_value_type(node) == G_TYPE_STRING);
                check_text(kind, json_node_get_string(node));
                return;
        }
        gsize i = 0;
        while (i < G_N_ELEMENTS(schema) && strcmp(schema[i].kind, kind) != 0)
                i++;
        g_assert_cmpuint(i, <, G_N_ELEMENTS(schema));
        check_members(schema[i].keys, json_node_get_object(node));
}

static void collect_refs(JsonNode *node)
{
        if (JSON_NODE_HOLDS_ARRAY(node)) {
                g_autoptr(GList) elements = json_array_get_elements(json_node_get_array(node));
                g_list_foreach(elements, (GFunc)(void (*)(void))collect_refs, NULL);
        } else if (JSON_NODE_HOLDS_OBJECT(node)) {
                JsonObject *object = json_node_get_object(node);
                g_autoptr(GList) members = json_object_get_values(object);
                if (json_object_has_member(object, "bom-ref"))
                        /* Each is given once. */
                        g_assert_true(g_hash_table_add(
                                refs, g_strdup(json_object_get_string_member(object, "bom-ref"))));
                g_list_foreach(members, (GFunc)(void (*)(void))collect_refs, NULL);
        }
}

static void test_schema(void)
{
        OmgSbomFile file;
        g_autoptr(JsonNode) root = write_parsed(&usual, &file);

        refs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        collect_refs(root);
        check_node("bom", root);
        g_clear_pointer(&refs, g_hash_table_unref);
        g_assert_cmpuint(file.n_components, ==, 10);
        g_assert_cmpuint(file.n_vulnerabilities, ==, 8);
        g_assert_cmpuint(file.n_left_out, ==, 3);
}

/* ---- what it says ---- */

/* The value at a path of JSONPath as one line of JSON. */
static void assert_at(JsonNode *root, const char *path, const char *expected)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(JsonNode) found = json_path_query(path, root, &error);
        g_assert_no_error(error);
        g_autofree char *text = json_to_string(found, FALSE);

        g_test_message("%s", path);
        g_assert_cmpstr(text, ==, expected);
}

static void test_document(void)
{
        OmgSbomFile file;
        g_autoptr(JsonNode) root = write_parsed(&usual, &file);

        assert_at(root, "$.serialNumber", "[\"urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79\"]");
        assert_at(root, "$.metadata.timestamp", "[\"2022-09-12T16:26:40Z\"]");
        assert_at(root, "$.metadata.tools.components[0]",
                  "[{\"type\":\"application\",\"name\":\"omgd\",\"version\":\"1.2\"}]");
        assert_at(root, "$.metadata.component",
                  "[{\"type\":\"operating-system\",\"bom-ref\":\"machine\",\"name\":\"box\"}]");
        assert_at(root, "$.components[*].name",
                  "[\"Upper\",\"a-readline\",\"bash\",\"glibc\",\"openssl\",\"upper\",\"zsh\","
                  "\"node\",\"go\",\"node\"]");
        assert_at(root, "$.components[0].bom-ref", "[\"pkg:alpm/arch/upper@1-1\"]");
        assert_at(root, "$.components[5].bom-ref", "[\"pkg:alpm/arch/upper@1-1#2\"]");
        assert_at(root, "$.components[5].purl", "[\"pkg:alpm/arch/upper@1-1\"]");
        assert_at(root, "$.components[1].purl", "[\"pkg:alpm/arch/a-readline@1~b%2Bc-1\"]");
        assert_at(
                root, "$.components[7]",
                "[{\"type\":\"platform\",\"bom-ref\":\"pkg:generic/node@20.1.0\","
                "\"name\":\"node\",\"version\":\"20.1.0\",\"purl\":\"pkg:generic/node@20.1.0\"}]");
}

static void test_component(void)
{
        OmgSbomFile file;
        g_autoptr(JsonNode) root = write_parsed(&usual, &file);

        assert_at(root, "$.components[4]",
                  "[{\"type\":\"library\","
                  "\"bom-ref\":\"pkg:alpm/arch/openssl@1:3.0.5-1?arch=x86_64\","
                  "\"publisher\":\"A <a@example.org>\",\"name\":\"openssl\","
                  "\"version\":\"1:3.0.5-1\","
                  "\"description\":\"Toolkit \\\"TLS\\\" \\u001b[31m \xE2\x80\xAE\","
                  "\"hashes\":[{\"alg\":\"SHA-256\",\"content\":\"" HASH "\"}],"
                  "\"licenses\":[{\"expression\":\"Apache-2.0\","
                  "\"acknowledgement\":\"declared\"}],"
                  "\"purl\":\"pkg:alpm/arch/openssl@1:3.0.5-1?arch=x86_64\","
                  "\"externalReferences\":[{\"type\":\"website\","
                  "\"url\":\"https://www.openssl.org/?a=b#c\"}],"
                  "\"properties\":[{\"name\":\"org.omgd1:repository\",\"value\":\"core\"},"
                  "{\"name\":\"org.omgd1:install-reason\",\"value\":\"explicit\"},"
                  "{\"name\":\"org.omgd1:license\",\"value\":\"Apache\"}]}]");
        /* Another build than the repository's: no hash. What is no URL is left out. */
        assert_at(root, "$.components[2].hashes", "[]");
        assert_at(root, "$.components[2].externalReferences", "[]");
        assert_at(root, "$.components[2].licenses[0].expression",
                  "[\"GPL-3.0-or-later AND LicenseRef-a-b AND MIT\"]");
        assert_at(root, "$.components[2].properties[2].value", "[\"GPL3\"]");
        assert_at(root, "$.components[2].properties[3].value", "[\"custom:\\\"a b\\\"\"]");
        assert_at(root, "$.components[3].licenses[0].expression", "[\"LicenseRef-unreadable\"]");
        assert_at(root, "$.components[3].hashes", "[]");
        assert_at(root, "$.components[0].licenses", "[]");
        assert_at(root, "$.components[0].properties[0].value", "[\"local\"]");
}

/* By name before by provision, each once, itself not, and nothing that is not installed. */
static void test_dependencies(void)
{
        OmgSbomFile file;
        g_autoptr(JsonNode) root = write_parsed(&usual, &file);

        assert_at(root, "$.dependencies[0]",
                  "[{\"ref\":\"machine\",\"dependsOn\":["
                  "\"pkg:alpm/arch/openssl@1:3.0.5-1?arch=x86_64\","
                  "\"pkg:generic/node@20.1.0\",\"pkg:generic/go@18.0.0\","
                  "\"pkg:generic/node@18.0.0\"]}]");
        assert_at(root, "$.dependencies[1]",
                  "[{\"ref\":\"pkg:alpm/arch/upper@1-1\",\"dependsOn\":[]}]");
        assert_at(root, "$.dependencies[3]",
                  "[{\"ref\":\"pkg:alpm/arch/bash@5.2-1?arch=x86_64\",\"dependsOn\":["
                  "\"pkg:alpm/arch/glibc@2.38-7?arch=x86_64\","
                  "\"pkg:alpm/arch/a-readline@1~b%2Bc-1\"]}]");
        assert_at(root, "$.dependencies[5].dependsOn",
                  "[[\"pkg:alpm/arch/glibc@2.38-7?arch=x86_64\"]]");
        assert_at(root, "$.dependencies[7].dependsOn",
                  "[[\"pkg:alpm/arch/a-readline@1~b%2Bc-1\","
                  "\"pkg:alpm/arch/bash@5.2-1?arch=x86_64\"]]");
        assert_at(root, "$.dependencies[10]",
                  "[{\"ref\":\"pkg:generic/node@18.0.0\",\"dependsOn\":[]}]");
}

static void test_vulnerabilities(void)
{
        OmgSbomFile file;
        g_autoptr(JsonNode) root = write_parsed(&usual, &file);

        assert_at(root, "$.vulnerabilities[*].id",
                  "[\"AVG-1\",\"AVG-1\",\"AVG-2\",\"AVG-3\",\"AVG-4\",\"AVG-5\",\"AVG-5\",\"GHSA-"
                  "2\"]");
        assert_at(root, "$.vulnerabilities[0]",
                  "[{\"id\":\"AVG-1\",\"source\":{\"name\":\"Arch Linux Security Tracker\","
                  "\"url\":\"https://security.archlinux.org/AVG-1\"},"
                  "\"references\":[{\"id\":\"CVE-2022-1\",\"source\":{\"name\":\"NVD\","
                  "\"url\":\"https://nvd.nist.gov/vuln/detail/CVE-2022-1\"}},"
                  "{\"id\":\"GHSA-1\",\"source\":{\"name\":\"OSV\","
                  "\"url\":\"https://osv.dev/vulnerability/GHSA-1\"}}],"
                  "\"ratings\":[{\"source\":{\"name\":\"Arch Linux Security Tracker\"},"
                  "\"severity\":\"high\",\"method\":\"other\"},"
                  "{\"score\":7.5,\"severity\":\"high\",\"method\":\"CVSSv31\","
                  "\"vector\":\"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N\"}],"
                  "\"description\":\"Bad \xEF\xBF\xBD bytes\","
                  "\"recommendation\":\"Update to 1:3.0.7-1 or later.\","
                  "\"analysis\":{\"state\":\"exploitable\",\"response\":[\"update\"]},"
                  "\"affects\":[{\"ref\":\"pkg:alpm/arch/openssl@1:3.0.5-1?arch=x86_64\","
                  "\"versions\":[{\"version\":\"1:3.0.5-1\",\"status\":\"affected\"}]},"
                  "{\"ref\":\"pkg:alpm/arch/bash@5.2-1?arch=x86_64\","
                  "\"versions\":[{\"version\":\"5.2-1\",\"status\":\"affected\"}]}],"
                  "\"properties\":[{\"name\":\"org.omgd1:state\",\"value\":\"fix-available\"}]}]");
        assert_at(root, "$.vulnerabilities[7].ratings[*].score", "[10.0]");
        assert_at(root, "$.vulnerabilities[7].affects[*].ref", "[\"pkg:generic/node@18.0.0\"]");
        /* A vector and a word that nobody can read are not guessed at. */
        assert_at(root, "$.vulnerabilities[3].ratings",
                  "[[{\"severity\":\"unknown\",\"method\":\"other\"}]]");
        assert_at(root, "$.vulnerabilities[3].source", "[{}]");
}

/* Our states and those of the document. */
static void test_states(void)
{
        OmgSbomFile file;
        g_autoptr(JsonNode) root = write_parsed(&usual, &file);

        assert_at(root, "$.vulnerabilities[1].analysis", "[{\"state\":\"exploitable\"}]");
        assert_at(root, "$.vulnerabilities[1].recommendation", "[\"Fixed in 9.\"]");
        assert_at(root, "$.vulnerabilities[2].analysis", "[{\"state\":\"exploitable\"}]");
        assert_at(root, "$.vulnerabilities[2].recommendation", "[]");
        assert_at(root, "$.vulnerabilities[3].analysis", "[{\"state\":\"in_triage\"}]");
        assert_at(root, "$.vulnerabilities[3].affects[0].versions[0].status", "[\"unknown\"]");
        assert_at(root, "$.vulnerabilities[4].analysis",
                  "[{\"state\":\"exploitable\",\"response\":[\"will_not_fix\"],"
                  "\"detail\":\"Ignored by the policy of this machine: not used\"}]");
        assert_at(root, "$.vulnerabilities[5].analysis.detail",
                  "[\"Ignored by the policy of this machine.\"]");
        assert_at(root, "$.vulnerabilities[*].properties[0].value",
                  "[\"fix-available\",\"fix-pending\",\"no-fix\",\"unconfirmed\",\"ignored\","
                  "\"ignored\",\"ignored\",\"no-fix\"]");
}

/* What is said of flaws; where nobody knows them there is no list, which an empty one is not. */
static void test_knowledge(void)
{
        OmgSbomParams params = usual;
        OmgSbomFile file;
        g_autoptr(JsonNode) silent = write_parsed(&usual, &file);

        params.knowledge = "unknown";
        params.has_no_findings = TRUE;
        params.scan_state = "never";
        g_autoptr(JsonNode) unknown = write_parsed(&params, &file);
        g_assert_cmpuint(file.n_vulnerabilities, ==, 0);

        params.knowledge = "partial";
        params.has_no_findings = FALSE;
        params.n_findings = 0;
        params.scan_usec = 1000000 * (guint64)G_USEC_PER_SEC;
        g_autoptr(JsonNode) partial = write_parsed(&params, &file);

        assert_at(silent, "$.metadata.properties", "[]");
        assert_at(unknown, "$.vulnerabilities", "[]");
        assert_at(unknown, "$.metadata.properties",
                  "[[{\"name\":\"org.omgd1:vulnerabilities\",\"value\":\"unknown\"},"
                  "{\"name\":\"org.omgd1:scan-state\",\"value\":\"never\"}]]");
        assert_at(partial, "$.vulnerabilities", "[[]]");
        assert_at(partial, "$.metadata.properties[2].value", "[\"1970-01-12T13:46:40Z\"]");
}

/* Twice the same but for time and serial number. */
static void test_deterministic(void)
{
        OmgSbomParams other = usual;
        OmgSbomFile file;

        g_autofree char *first = write_sbom(&usual, &file);
        g_autofree char *second = write_sbom(&usual, &file);
        g_assert_cmpstr(first, ==, second);

        other.time_usec += G_USEC_PER_SEC;
        other.uuid = "00000000-0000-4000-8000-000000000000";
        g_autofree char *third = write_sbom(&other, &file);
        g_auto(GStrv) a = g_strsplit(first, "\n", -1);
        g_auto(GStrv) b = g_strsplit(third, "\n", -1);
        guint n = 0;
        g_assert_cmpuint(g_strv_length(a), ==, g_strv_length(b));
        for (guint i = 0; a[i]; i++)
                n += strcmp(a[i], b[i]) != 0;
        g_assert_cmpuint(n, ==, 2);
}

static gboolean always(gconstpointer userdata)
{
        return TRUE;
}

static void assert_error(const OmgSnapshot *snapshot, const OmgSbomParams *params, OmgError code)
{
        g_autoptr(GError) error = NULL;
        OmgSbomFile file = {.fd = -7};

        g_assert_false(omg_sbom_write(snapshot, params, &file, &error));
        g_assert_error(error, OMG_ERROR, (int)code);
        g_assert_cmpint(file.fd, ==, -7);
}

static void test_errors(void)
{
        static const FixturePackage none[] = {{NULL}};
        g_autoptr(OmgSnapshot) snapshot = make_snapshot();
        g_autoptr(OmgSnapshot) missing = fixture_snapshot(none, NULL, "[options]\nDBPath = /n\n");

        assert_error(snapshot, &(OmgSbomParams){.uuid = NULL}, OMG_ERROR_INVALID_ARGS);
        assert_error(snapshot, &(OmgSbomParams){.uuid = "urn:uuid:" UUID}, OMG_ERROR_INVALID_ARGS);
        assert_error(missing, &usual, OMG_ERROR_UNAVAILABLE);
        assert_error(snapshot, &(OmgSbomParams){.uuid = UUID, .is_cancelled = always},
                     OMG_ERROR_CANCELLED);
}

/* Nothing but what is installed, not even that: still a document. */
static void test_empty(void)
{
        static const FixturePackage none[] = {{NULL}};
        g_autoptr(OmgSnapshot) snapshot = fixture_snapshot(none, none, "[options]\nDBPath = /n\n");
        g_autoptr(GError) error = NULL;
        OmgSbomFile file;

        g_assert_true(omg_sbom_write(snapshot, &(OmgSbomParams){.uuid = UUID}, &file, &error));
        g_assert_cmpuint(file.n_components, ==, 0);
        (void)close(file.fd);
}

/* What is over the limit is an error and no half of a document; versions beyond the schema's bound
 * are left out. */
static void test_limits(void)
{
        enum { SIZE = 1 << 20, N = OMG_LIMIT_SBOM / SIZE };
        g_autofree char *text = g_strnfill(SIZE, 'x');
        g_autofree char *longest = g_strnfill(1024, '1');
        g_autofree char *longer = g_strnfill(1025, '1');
        g_autofree OmgSbomFinding *many = g_new0(OmgSbomFinding, N);
        g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(OmgSnapshot) snapshot = make_snapshot();
        OmgSbomRuntime versions[] = {{"a", longest}, {"b", longer}};
        OmgSbomParams params = {.uuid = UUID, .runtimes = versions, .n_runtimes = 2};
        OmgSbomFile file;

        g_autoptr(JsonNode) root = write_parsed(&params, &file);
        g_autofree char *expected = g_strdup_printf("[\"%s\"]", longest);
        assert_at(root, "$.components[7].version", expected);
        assert_at(root, "$.components[8].version", "[]");

        for (guint i = 0; i < N; i++) {
                g_ptr_array_add(ids, g_strdup_printf("AVG-%u", i));
                many[i] = (OmgSbomFinding){
                        .package = "bash", .id = ids->pdata[i], .description = text};
        }
        params.findings = many;
        params.n_findings = N;
        assert_error(snapshot, &params, OMG_ERROR_LIMITS_EXCEEDED);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/sbom/schema", test_schema);
        g_test_add_func("/sbom/document", test_document);
        g_test_add_func("/sbom/component", test_component);
        g_test_add_func("/sbom/dependencies", test_dependencies);
        g_test_add_func("/sbom/vulnerabilities", test_vulnerabilities);
        g_test_add_func("/sbom/states", test_states);
        g_test_add_func("/sbom/knowledge", test_knowledge);
        g_test_add_func("/sbom/deterministic", test_deterministic);
        g_test_add_func("/sbom/errors", test_errors);
        g_test_add_func("/sbom/empty", test_empty);
        g_test_add_func("/sbom/limits", test_limits);
        return g_test_run();
}
