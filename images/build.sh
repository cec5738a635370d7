# Builds the container images of the node and of the operator, with docker, podman or buildah. Part of ./raftgres, which
# reads this file for its command 'images'.

images_usage() {
    cat <<'TEXT'
Builds the images raftgres/node and raftgres/operator. Uses the first of docker, podman and buildah that works.

Usage: ./raftgres images [--base IMAGE] [--tag TAG] [--e2e] [--load]

  --base IMAGE   the base image: any image with /bin/sh and a Java 25 or later on its PATH.
                 Default: eclipse-temurin:25-jre
  --tag TAG      the images' tag. Default: the version of this source tree
  --e2e          also builds raftgres/e2e-client, which ./raftgres e2e-kubernetes needs
  --load         also loads the images into the kind cluster of the current kubectl context. If RAFTGRES_IMAGE_LOADER
                 is set, runs that command instead, with the images' archives as arguments

Environment
  RAFTGRES_IMAGE_TOOL     docker, podman or buildah: use this one
  RAFTGRES_IMAGE_LOADER   a command that loads archives (docker-archive) into a Kubernetes cluster
TEXT
}

# Sets image_tool to the first tool that works. docker without its daemon does not work.
find_image_tool() {
    local tool tried=''
    for tool in ${RAFTGRES_IMAGE_TOOL:-docker podman buildah}; do
        case $tool in
            docker | podman | buildah) ;;
            *) die "RAFTGRES_IMAGE_TOOL is '$tool'. It must be docker, podman or buildah." 2 ;;
        esac
        if ! command -v "$tool" >/dev/null 2>&1; then
            tried="$tried $tool is not on the PATH."
        elif [ "$tool" != buildah ] && ! "$tool" info >/dev/null 2>&1; then
            tried="$tried '$tool info' fails: check that its daemon runs."
        else
            image_tool=$tool
            return
        fi
    done
    die "No program can build images.$tried Install docker, podman or buildah."
}

# Prints the full name of an image. The tools complete a name without a host differently; Kubernetes uses docker.io.
image_name() {
    local name=$1
    [ "$name" = e2e ] && name=e2e-client
    printf 'docker.io/raftgres/%s:%s' "$name" "$image_tag"
}

# build_image MODULE: builds its image, with its directory as the context.
build_image() {
    local name log=$target/image-$1.log arguments=()
    name=$(image_name "$1")
    [ -n "$image_base" ] && arguments=(--build-arg "BASE=$image_base")
    say "Building ${name#docker.io/} with $image_tool ..."
    arguments+=(--tag "$name" --file "$root/$1/Dockerfile" "$root/$1")
    case $image_tool in
        # chroot: a namespace for each step would not work inside a container.
        buildah) buildah build --isolation "${BUILDAH_ISOLATION:-chroot}" "${arguments[@]}" ;;
        *) "$image_tool" build "${arguments[@]}" ;;
    esac >"$log" 2>&1 || {
        say "The image was not built. The whole log is in $log. Its end:"
        tail -n 20 "$log" >&2
        die "The image ${name#docker.io/} was not built."
    }
}

# save_image MODULE: saves its image to a file, and sets archive to the file's name.
save_image() {
    local name
    name=$(image_name "$1")
    archive=$target/image-$1.tar
    rm -f "$archive"
    case $image_tool in
        docker) docker save --output "$archive" "$name" ;;
        podman) podman save --quiet --format docker-archive --output "$archive" "$name" ;;
        buildah) buildah push --quiet "$name" "docker-archive:$archive:$name" ;;
    esac >/dev/null || die "The image $name was not saved to $archive: check the free space and the permissions of $target."
}

# The kind cluster of the current context; sets kind_cluster.
find_kind_cluster() {
    local context
    command -v kind >/dev/null 2>&1 || die "--load needs kind (kind.sigs.k8s.io) on the PATH, or a command in
RAFTGRES_IMAGE_LOADER that loads the images' archives. To use a registry, push the images with $image_tool instead."
    context=$(kubectl config current-context 2>/dev/null) || die "kubectl has no current context, so there is no kind cluster to load into.
Create one:  kind create cluster --config e2e/kind.yaml"
    case $context in
        kind-*) kind_cluster=${context#kind-} ;;
        *) die "The current context of kubectl is '$context', which is not a kind cluster. Choose one with
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
        # Not quoted: the command may have arguments.
        $RAFTGRES_IMAGE_LOADER "${archives[@]}" || die "The images were not loaded: the command of RAFTGRES_IMAGE_LOADER, '$RAFTGRES_IMAGE_LOADER', failed."
    else
        for archive in "${archives[@]}"; do
            kind load image-archive "$archive" --name "$kind_cluster" || die "kind did not load $archive into the cluster $kind_cluster."
        done
    fi
}

# ensure_module_built MODULE JAR: builds a module that only the images need (operator, e2e), and the modules that it depends
# on, if its sources have changed.
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
        die "The module $1 was not built. The image raftgres/node was built."
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
            *) die "images: unknown option '$1'. See './raftgres images --help'." 2 ;;
        esac
    done
    [ -n "$image_tag" ] || image_tag=$(sed -n 's:^  <version>\(.*\)</version>.*:\1:p' "$root/pom.xml" | head -n 1)
    # Check for missing programs first, before the long build.
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
