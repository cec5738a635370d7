# Builds the container images of the node and of the operator, with docker, podman or buildah. Part of ./raftgres, which
# reads this file for its command 'images'.

images_usage() {
    cat <<'TEXT'
Builds the images raftgres/node and raftgres/operator, with docker, podman or buildah, whichever there is.

Usage: ./raftgres images [--base IMAGE] [--tag TAG] [--e2e] [--load]

  --base IMAGE   what they are made on: any image with /bin/sh and a Java 25 or later on its PATH.
                 Default: eclipse-temurin:25-jre
  --tag TAG      default: the version of this source tree
  --e2e          also raftgres/e2e-client, which ./raftgres e2e-kubernetes needs
  --load         also put them where pods find them: into the kind cluster of the current kubectl context. When
                 RAFTGRES_IMAGE_LOADER is set, that command is run instead, with the images' archives as arguments

Environment
  RAFTGRES_IMAGE_TOOL     docker, podman or buildah, when there are several
  RAFTGRES_IMAGE_LOADER   a command that loads archives (docker-archive) into a cluster
TEXT
}

# The first of them that works: a docker without its daemon does not. Sets image_tool.
find_image_tool() {
    local tool tried=''
    for tool in ${RAFTGRES_IMAGE_TOOL:-docker podman buildah}; do
        case $tool in
            docker | podman | buildah) ;;
            *) die "RAFTGRES_IMAGE_TOOL is '$tool'; it may be docker, podman or buildah." 2 ;;
        esac
        if ! command -v "$tool" >/dev/null 2>&1; then
            tried="$tried $tool is not on the PATH."
        elif [ "$tool" != buildah ] && ! "$tool" info >/dev/null 2>&1; then
            tried="$tried $tool is there, but '$tool info' fails: does its daemon run?"
        else
            image_tool=$tool
            return
        fi
    done
    die "No program that builds images was found.$tried Install docker, podman or buildah."
}

# A name without a host is completed by each tool in its own way; Kubernetes completes it like this.
image_name() {
    local name=$1
    [ "$name" = e2e ] && name=e2e-client
    printf 'docker.io/raftgres/%s:%s' "$name" "$image_tag"
}

# build_image MODULE: its folder is the context.
build_image() {
    local name log=$target/image-$1.log arguments=()
    name=$(image_name "$1")
    [ -n "$image_base" ] && arguments=(--build-arg "BASE=$image_base")
    say "Building raftgres/$1:$image_tag with $image_tool ..."
    arguments+=(--tag "$name" --file "$root/$1/Dockerfile" "$root/$1")
    case $image_tool in
        # Without a namespace of its own for each step, so that it works inside of a container too.
        buildah) buildah build --isolation "${BUILDAH_ISOLATION:-chroot}" "${arguments[@]}" ;;
        *) "$image_tool" build "${arguments[@]}" ;;
    esac >"$log" 2>&1 || {
        say "The image was not built; the whole log is in $log. Its end:"
        tail -n 20 "$log" >&2
        die "The image of the $1 was not built."
    }
}

# save_image MODULE: sets archive
save_image() {
    local name
    name=$(image_name "$1")
    archive=$target/image-$1.tar
    rm -f "$archive"
    case $image_tool in
        docker) docker save --output "$archive" "$name" ;;
        podman) podman save --quiet --format docker-archive --output "$archive" "$name" ;;
        buildah) buildah push --quiet "$name" "docker-archive:$archive:$name" ;;
    esac >/dev/null || die "The image $name could not be saved to $archive."
}

# The kind cluster of the current context; sets kind_cluster.
find_kind_cluster() {
    local context
    command -v kind >/dev/null 2>&1 || die "--load needs kind (kind.sigs.k8s.io) on the PATH, or RAFTGRES_IMAGE_LOADER:
a command that is given the images' archives. For a registry: push the images with $image_tool instead."
    context=$(kubectl config current-context 2>/dev/null) || die "kubectl has no current context: is there a kind cluster?
Make one with:  kind create cluster --config e2e/kind.yaml"
    case $context in
        kind-*) kind_cluster=${context#kind-} ;;
        *) die "The current context of kubectl is '$context', which is no kind cluster. Choose one with
'kubectl config use-context kind-NAME', or set RAFTGRES_IMAGE_LOADER to a command that loads archives." ;;
    esac
}

load_images() {
    local module archive archives=()
    for module in "$@"; do
        save_image "$module"
        archives+=("$archive")
    done
    if [ -n "${RAFTGRES_IMAGE_LOADER:-}" ]; then
        # The command may have arguments of its own.
        $RAFTGRES_IMAGE_LOADER "${archives[@]}" || die "'$RAFTGRES_IMAGE_LOADER' failed."
    else
        for archive in "${archives[@]}"; do
            kind load image-archive "$archive" --name "$kind_cluster" || die "kind did not load $archive."
        done
    fi
}

# ensure_module_built MODULE JAR: for what is built here only, since nothing else of ./raftgres needs it: the operator and
# the clients of the tests. With what it is made of.
ensure_module_built() {
    local done_before=$root/$1/target/build.stamp log=$target/build-$1.log
    if [ -f "$done_before" ] && [ -f "$root/$1/target/$2" ] && [ -z "$(find "$root/pom.xml" "$root/$1/pom.xml" \
        "$root/$1/src/main" "$root/raft/src/main" "$root/client/src/main" -newer "$done_before" 2>/dev/null | head -n 1)" ]; then
        return
    fi
    require_jdk
    require_maven
    take_lock
    say "Building the module $1 ..."
    touch "$target/$1.stamp.new"
    if ! maven "$log" package -pl "$1" -am -Dmaven.test.skip=true | show_progress >&2; then
        say "The build failed; the whole log is in $log. Its end:"
        tail -n 30 "$log" >&2
        die "The module $1 was not built. (The image of the node was.)"
    fi
    mv "$target/$1.stamp.new" "$done_before"
    release_lock
}

images_command() {
    local image_tool image_base='' image_tag='' load='' kind_cluster module modules='node operator'
    while [ $# -gt 0 ]; do
        case $1 in
            --base | --tag)
                [ $# -ge 2 ] && [ -n "$2" ] || die "$1 needs a value. See './raftgres images --help'." 2
                [ "$1" = --base ] && image_base=$2 || image_tag=$2
                shift 2
                ;;
            --e2e) modules='node operator e2e'; shift ;;
            --load) load=1; shift ;;
            --help | -h) images_usage; return ;;
            *) die "images: '$1' is no option of it. See './raftgres images --help'." 2 ;;
        esac
    done
    [ -n "$image_tag" ] || image_tag=$(sed -n 's:^  <version>\(.*\)</version>.*:\1:p' "$root/pom.xml" | head -n 1)
    # What is missing is said before anything long begins.
    find_image_tool
    [ -z "$load" ] || [ -n "${RAFTGRES_IMAGE_LOADER:-}" ] || find_kind_cluster
    ensure_built
    mkdir -p "$target"
    # The command line goes into the node's image.
    rm -rf "$root/node/target/cli"
    mkdir "$root/node/target/cli"
    cp -R "$root/client/target/lib" "$cli_jar" "$root/node/target/cli"
    build_image node
    ensure_module_built operator quarkus-app/quarkus-run.jar
    build_image operator
    case $modules in
        *e2e*)
            ensure_module_built e2e raftgres-e2e.jar
            build_image e2e
            ;;
    esac
    [ -z "$load" ] || load_images $modules
    for module in $modules; do
        module=$(image_name "$module")
        printf '%s\n' "${module#docker.io/}"
    done
}
