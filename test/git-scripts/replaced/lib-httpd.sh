# In place of git's own lib-httpd.sh, which starts Apache with git http-backend: starts Gitkube's server of git over HTTP
# (../server.ts) on the repositories of the trash directory. The functions for the scripts are those of git's own.

if ! test_have_prereq LIBCURL
then
	skip_all='git is built without http support'
	test_done
fi

HTTPD_ROOT_PATH="$PWD"/httpd
HTTPD_DOCUMENT_ROOT_PATH=$HTTPD_ROOT_PATH/www

enable_http2 () {
	skip_all='the door speaks HTTP/1.1'
	test_done
}

start_httpd() {
	# Only what comes after this is about HTTP.
	echo "# httpd after $test_count"
	mkdir -p "$HTTPD_DOCUMENT_ROOT_PATH"
	>"$HTTPD_ROOT_PATH"/access.log
	test_atexit stop_httpd
	# It ends with the pipe, however the script ends.
	mkfifo "$HTTPD_ROOT_PATH"/until "$HTTPD_ROOT_PATH"/ready
	"$HTTP_TESTS_NODE" "$HTTP_TESTS_SERVER" "$HTTPD_ROOT_PATH" \
		<"$HTTPD_ROOT_PATH"/until >"$HTTPD_ROOT_PATH"/ready 2>"$HTTPD_ROOT_PATH"/error.log &
	HTTPD_PID=$!
	exec 8>"$HTTPD_ROOT_PATH"/until
	read LIB_HTTPD_PORT <"$HTTPD_ROOT_PATH"/ready
	test -n "$LIB_HTTPD_PORT" || error "the server did not start: $(cat "$HTTPD_ROOT_PATH"/error.log)"
	HTTPD_PROTO=http
	HTTPD_DEST=127.0.0.1:$LIB_HTTPD_PORT
	HTTPD_URL=$HTTPD_PROTO://$HTTPD_DEST
	HTTPD_URL_USER=$HTTPD_PROTO://user%40host@$HTTPD_DEST
	HTTPD_URL_USER_PASS=$HTTPD_PROTO://user%40host:pass%40host@$HTTPD_DEST
}

stop_httpd() {
	exec 8>&-
	wait $HTTPD_PID
}
